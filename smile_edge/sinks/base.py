"""What every sink is: a context manager that takes a frame and its result."""

import errno
import os
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from smile_edge.errors import SinkError
from smile_edge.records import Frame, FrameResult

__all__ = ["PROBE", "ReservedPath", "Sink", "lock", "make_folder", "reserved"]

PROBE = ".smile-edge-write-test"
"""Name of a file that is made in a folder, and taken away, to see whether it can be written."""


class Sink(ABC):
    """An output. It fails in its constructor where it cannot be written; leaving the context completes it.

    Attributes:
        name: what messages call it, such as its path.
        needs_image: whether `write` looks at the picture; where it does not, the frame may come without.
        closed: the reader or viewer is gone, so nothing more need be written.
    """

    name: str = "the output"
    needs_image: bool = True
    closed: bool = False

    @abstractmethod
    def write(self, frame: Frame, result: FrameResult) -> None:
        """Take one frame and what was found on it."""

    def finish(self) -> None:  # noqa: B027 - most outputs have nothing left to do
        """All images of a batch have come: writes what is written last. A run that is interrupted only closes.

        Raises:
            SinkError: see `write`.
        """

    @abstractmethod
    def close(self) -> None:
        """Complete the output; safe to call twice."""

    def notes(self) -> tuple[str, ...]:
        """What a summary should say of this output so far, a few words each; empty where all is well."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ReservedPath:
    """A regular file that only this run writes, and that stays as it is until then: a run that fails before its first
    frame leaves what an earlier one wrote.

    It is locked (`flock`) as long as it is held, where the system and the file system can do that.

    Attributes:
        number: of the open file, which is written at its end.
    """

    def __init__(self, path: Path) -> None:
        """Sees that it can be written, and locks it.

        Raises:
            OSError: it cannot be written.
            SinkError: another run writes to it.
        """
        self.path = path
        self._made = not path.exists()
        self.number = _locked(path)

    @property
    def held(self) -> bool:
        """Whether it is still open and locked."""
        return self.number >= 0

    def release(self) -> None:
        """Closes and unlocks it; safe to call twice.

        Raises:
            OSError: what was written did not reach the disk.
        """
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    def give_back(self) -> None:
        """Nothing was written: what was not there before goes again."""
        if self._made and sys.platform != "win32":
            self.path.unlink(missing_ok=True)  # before others can lock it
        self.release()
        if self._made:
            self.path.unlink(missing_ok=True)


def reserved(path: Path) -> ReservedPath | None:
    """The file, locked; None where the path is a named pipe or a device, which several may write to.

    Raises:
        OSError: it cannot be written.
        SinkError: another run writes to it.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return None
    return ReservedPath(path)


def make_folder(path: Path) -> None:
    """Makes a folder where it is not there, and holds that it can be written.

    Raises:
        SinkError: it cannot be made or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / PROBE
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SinkError(f"cannot write into {path}: {error.strerror}; name a folder that is yours") from None


def _locked(path: Path) -> int:
    """The number of the file, open to append and locked."""
    while True:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        try:
            lock(number, path)
            if os.path.samestat(os.fstat(number), os.stat(path)):
                return number
        except FileNotFoundError:
            pass  # whoever had it before gave it back: then it is made once more
        except BaseException:
            os.close(number)
            raise
        os.close(number)


def lock(number: int, path: Path) -> None:
    """Locks an open file or folder, where the system and the file system can do that.

    Raises:
        SinkError: another run has locked it.
    """
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SinkError(f"{path} is being written by another run: wait for its end, or name another file") from None
    except OSError:
        return  # a file system without locks
