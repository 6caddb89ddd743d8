"""A folder of Parquet parts: their names, what a run that was killed left of one, and what else lies there."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from smile_edge.errors import SinkError
from smile_edge.sinks.base import PROBE, lock, make_folder

__all__ = ["HeldFolder", "PartFolder"]

_NAME = re.compile(r"part-((?:\d+of\d+-)?)(\d{5,9})\.parquet")
_TEMPORARY = re.compile(rf"\.part-(?:\d+of\d+-)?\d{{5,9}}\.parquet\.new|{re.escape(PROBE)}")


class PartFolder:
    """Where the parts of a run are: `part-00000.parquet`, `part-00001.parquet`, ...

    A part is written as `.part-00000.parquet.new`, which readers of data sets pass over for its dot and its ending.

    Example:
        >>> [part.name for part in PartFolder(Path("faces")).parts()]
        ['part-00000.parquet', 'part-00001.parquet']
    """

    def __init__(self, path: Path, label: str = "") -> None:
        """Nothing is touched.

        Args:
            path: need not exist.
            label: stands in the names of all parts, so that those of several shards may be gathered in one folder.
        """
        self.path = path
        self._label = f"{label}-" if label else ""

    def parts(self) -> list[Path]:
        """The parts in the order in which they were written.

        Raises:
            OSError: the folder cannot be read.
        """
        found = [(int(match[2]), name) for name in self._names() if (match := self._own(name)) is not None]
        return [self.path / name for _, name in sorted(found)]

    def other(self) -> str | None:
        """The name of something that is none of these parts; None where there is nothing else but what a dot hides.

        Raises:
            OSError: as before.
        """
        return next((name for name in self._names() if not (name.startswith(".") or self._own(name))), None)

    def next(self) -> Path:
        """The part after the last.

        Raises:
            OSError: as before.
        """
        last = max((int(match[2]) for name in self._names() if (match := self._own(name)) is not None), default=-1)
        return self.path / f"part-{self._label}{last + 1:05}.parquet"

    def clear(self, *, parts: bool) -> None:
        """Takes away what is left of parts that never became whole.

        Args:
            parts: whole ones as well.

        Raises:
            OSError: something cannot be taken away.
        """
        for name in list(self._names()):
            if _TEMPORARY.fullmatch(name) or (parts and self._own(name)):
                (self.path / name).unlink(missing_ok=True)

    def _own(self, name: str) -> "re.Match[str] | None":
        match = _NAME.fullmatch(name)
        return match if match is not None and match[1] == self._label else None

    def _names(self) -> Iterator[str]:
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    yield entry.name
        except FileNotFoundError:
            return


class HeldFolder:
    """A folder that is there, can be written, and that only this run writes to."""

    def __init__(self, path: Path) -> None:
        """Makes it where it is not there, and locks it.

        Raises:
            SinkError: it cannot be written, or another run writes to it.
        """
        self._path, self._number, self._made = path, -1, not path.exists()
        make_folder(path)
        try:
            self._number = _opened(path)
        except OSError as error:
            raise SinkError(f"cannot write into {path}: {error.strerror}; name a folder that is yours") from None

    def sync(self) -> None:
        """Names that files in it have got reach the disk.

        Raises:
            OSError: they do not.
        """
        if self._number >= 0:
            os.fsync(self._number)

    def release(self) -> None:
        """Unlocks it; one that was made and holds nothing goes again. Safe to call twice."""
        number, self._number = self._number, -1
        if number >= 0:
            os.close(number)
        if self._made:
            self._made = False
            with contextlib.suppress(OSError):  # it holds something
                self._path.rmdir()


def _opened(path: Path) -> int:
    """Its number, -1 where folders cannot be opened."""
    if sys.platform == "win32":
        return -1
    number = os.open(path, os.O_RDONLY)
    try:
        lock(number, path)
    except BaseException:
        os.close(number)
        raise
    return number
