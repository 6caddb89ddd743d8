"""A run that goes on: what its outputs hold is kept, what only some of them hold is done again."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.batch.inputs import Inputs
from smile_edge.batch.ledger import READERS, Ledger, read_ledger
from smile_edge.batch.run_file import check_run
from smile_edge.errors import SinkError, UsageError
from smile_edge.records.names import escaped_name
from smile_edge.sinks.base import ReservedPath

__all__ = ["Remaining", "resume"]


@dataclass(frozen=True, slots=True)
class Remaining:
    """The images that are still to be looked at."""

    inputs: Inputs
    done: Ledger

    @property
    def count(self) -> int | None:
        """How many; None where only the end will tell."""
        return None if self.inputs.count is None else max(0, self.inputs.count - self.done.count)

    def __iter__(self) -> Iterator[tuple[int, Path]]:
        """Each with its number.

        Raises:
            UsageError: an image that is done had another path, or is none of these.
        """
        seen = 0
        for number, path in self.inputs:
            if not self.done.holds(number):
                yield number, path
            elif self.done.holds(number, str(path)):
                seen += 1
            else:
                name = escaped_name(str(path), one_line=True)
                raise UsageError(f"--resume: image {number} of the output is not {name}: these are other images")
        if seen != self.done.count:
            raise UsageError(f"--resume: the output holds {self.done.count - seen} images that are not among these")


def resume(outputs: Mapping[str, Path], inputs: Inputs, run: Mapping[str, Any], *, retry: bool) -> Remaining:
    """Brings the outputs of a run to the images that all of them hold.

    Args:
        outputs: paths by the names of their options; those that do not exist, or are empty, hold none.
        inputs: of the run.
        run: see `run_file.check_run`.
        retry: images that failed are taken out, to be tried again.

    Raises:
        UsageError: an output is of another run, or damaged other than at its end.
        SinkError: one cannot be written.
    """
    ledgers = []
    for kind, path in outputs.items():
        if path.exists() and path.stat().st_size:
            check_run(path, run)
            ledgers.append(read_ledger(kind, path))
        else:
            ledgers.append(Ledger())
    done = ledgers[0]
    for ledger in ledgers:
        done = done.common(ledger, failed=not retry)
    for kind, path in outputs.items():
        if path.exists():
            _keep(kind, path, done)
    return Remaining(inputs, done)


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
