"""Which images an output holds: read back so that a run can go on where it ended."""

import csv
import hashlib
import json
import re
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from smile_edge.errors import UsageError
from smile_edge.records.names import unescaped_name

__all__ = ["READERS", "Entry", "Ledger", "read_csv", "read_jsonl", "read_ledger"]

_MOST = 1 << 30
"""Images in one run."""
_HEAD = re.compile(rb'\{"schema":\d+,"source":("(?:[^"\\]|\\.)*"),"frame":(\d{1,10}),')


class Entry(NamedTuple):
    """What an output holds of one image."""

    number: int
    source: str
    failed: bool
    start: int
    """Its first byte."""
    end: int
    """The byte after its last."""


class Ledger:
    """Numbers of images, and a digest of the path of each: eight bytes an image."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self.count = self.failed = 0

    def add(self, entry: Entry) -> None:
        """Notes an image.

        Raises:
            ValueError: it is there already, or its number is beyond sense.
        """
        if entry.number >= _MOST:
            raise ValueError(f"image {entry.number} is beyond sense")
        if entry.number >= len(self._rows):
            self._rows.frombytes(bytes(8 * (entry.number + 1 - len(self._rows))))
        if self._rows[entry.number]:
            raise ValueError(f"image {entry.number} is there twice")
        self._rows[entry.number] = _row(entry.source, entry.failed)
        self.count, self.failed = self.count + 1, self.failed + entry.failed

    def holds(self, number: int, source: str | None = None) -> bool:
        """Whether the image of this number is there, of this path if one is given."""
        row = self._rows[number] if number < len(self._rows) else 0
        return row != 0 and (source is None or row | 1 == _row(source, True))

    def common(self, other: "Ledger", *, failed: bool) -> "Ledger":
        """What is in both, the same in each; without failed images unless `failed` is true."""
        both = Ledger()
        both._rows.extend(
            row if row and row == twin and (failed or not row & 1) else 0
            for row, twin in zip(self._rows, other._rows, strict=False)
        )
        both.count = sum(row != 0 for row in both._rows)
        both.failed = sum(row & 1 for row in both._rows)
        return both


def read_jsonl(file: BinaryIO) -> Iterator[Entry]:
    """The images of a file of JSON lines, but one whose line was cut.

    Raises:
        ValueError: a line is no record.
    """
    end = 0
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            return
        start, end = end, end + len(line)
        found = _HEAD.match(line)
        if found is None:
            raise ValueError(f"line {number} is no record of an image")
        failed = b'"faces":[]' in line and json.loads(line).get("error") is not None
        yield Entry(int(found[2]), unescaped_name(json.loads(found[1])), failed, start, end)


def read_csv(file: BinaryIO) -> Iterator[Entry]:
    """The same of CSV; images of which rows are missing are left out.

    Raises:
        ValueError: the columns are others, or a row is none.
    """
    from smile_edge.sinks.csv import COLUMNS, EXPRESSION_COLUMNS

    header = file.readline()
    if not header.endswith(b"\n"):
        return
    names = tuple(header.decode("utf-8").strip().split(","))
    if names not in (COLUMNS, (*COLUMNS, *EXPRESSION_COLUMNS)):
        raise ValueError("its columns are those of another version")
    end = start = len(header)
    rows, faces = 0, COLUMNS.index("faces")
    for number, line in enumerate(file, 2):
        if not line.endswith(b"\n"):
            return
        cells = next(csv.reader([line.decode("utf-8")]))
        if len(cells) != len(names) or not cells[1].isdigit() or not cells[faces].isdigit():
            raise ValueError(f"line {number} is no row of an image")
        rows, end = rows + 1, end + len(line)
        if rows >= max(1, int(cells[faces])):
            yield Entry(int(cells[1]), unescaped_name(cells[0]), bool(cells[faces + 1]), start, end)
            start, rows = end, 0


READERS: dict[str, Callable[[BinaryIO], Iterator[Entry]]] = {"jsonl": read_jsonl, "csv": read_csv}
"""By the name of the output's option."""


def read_ledger(kind: str, path: Path) -> Ledger:
    """The images that an output holds.

    Raises:
        UsageError: it cannot be read, or is no such output.
    """
    ledger = Ledger()
    try:
        with path.open("rb") as file:
            for entry in READERS[kind](file):
                ledger.add(entry)
    except OSError as error:
        raise UsageError(f"--{kind} {path} cannot be read: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise UsageError(
            f"--resume: {path} is not what this command wrote ({error}): name another file, or replace it with"
            " --overwrite"
        ) from None
    return ledger


def _row(source: str, failed: bool) -> int:
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") | 2) & ~1 | failed
