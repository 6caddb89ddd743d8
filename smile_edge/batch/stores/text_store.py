"""JSON lines and CSV read back, and cut to the images that are kept."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from smile_edge.batch.stores.ledger import Ledger
from smile_edge.batch.stores.run_file import check_run
from smile_edge.errors import SinkError, UsageError
from smile_edge.records.names import unescaped_name
from smile_edge.sinks.base import ReservedPath

__all__ = ["Entry", "TextStore", "read_csv", "read_jsonl"]

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


class TextStore:
    """A file of lines; see `store.Store`."""

    def __init__(self, kind: str, path: Path, *, option: str | None = None) -> None:
        """Nothing is read yet.

        Args:
            kind: `jsonl` or `csv`.
            path: the file, which need not exist.
            option: which the user gave; that of the kind where it is None.
        """
        self._kind, self._path, self._option = kind, path, option or f"--{kind}"

    def holds_something(self) -> bool:
        return self._path.exists() and self._path.stat().st_size > 0

    def check_run(self, run: Mapping[str, Any]) -> None:
        check_run(self._path, run)

    def ledger(self) -> Ledger:
        path, ledger = self._path, Ledger()
        try:
            with path.open("rb") as file:
                for entry in READERS[self._kind](file):
                    ledger.add(entry.number, entry.source, entry.failed)
        except OSError as error:
            raise UsageError(f"{self._option} {path} cannot be read: {error.strerror}") from None
        except (ValueError, csv.Error) as error:
            raise UsageError(
                f"--resume: {path} is not what this command wrote ({error}): name another file, or replace it with"
                " --overwrite"
            ) from None
        return ledger

    def keep(self, done: Ledger) -> None:
        if self._path.exists():
            _keep(self._kind, self._path, done)


def _keep(kind: str, path: Path, done: Ledger) -> None:
    """Takes all other images out of an output; nobody else may write to it meanwhile."""
    try:
        held = ReservedPath(path)
        try:
            end = _end_of_kept(kind, path, done)
            if end is None:
                _rewrite(kind, path, done)
            elif end < path.stat().st_size:
                os.truncate(path, end)
        finally:
            held.release()
    except OSError as error:
        raise SinkError(f"cannot write {path}: {error.strerror}; free some space") from None


def _header_bytes(kind: str, path: Path) -> int:
    if kind != "csv":
        return 0
    with path.open("rb") as file:
        line = file.readline()
    return len(line) if line.endswith(b"\n") else 0


def _end_of_kept(kind: str, path: Path, done: Ledger) -> int | None:
    """Where the output ends once others are gone; None where some of them lie before those that are kept."""
    end, others = _header_bytes(kind, path), False
    with path.open("rb") as file:
        for entry in READERS[kind](file):
            if not done.holds(entry.number):
                others = True
            elif others:
                return None
            else:
                end = entry.end
    return end


def _rewrite(kind: str, path: Path, done: Ledger) -> None:
    """The output without the others, in one step."""
    new = path.with_name(f".{path.name}.new")
    try:
        with path.open("rb") as old, path.open("rb") as entries, new.open("wb") as file:
            file.write(old.read(_header_bytes(kind, path)))
            for entry in READERS[kind](entries):
                if done.holds(entry.number):
                    old.seek(entry.start)
                    file.write(old.read(entry.end - entry.start))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
