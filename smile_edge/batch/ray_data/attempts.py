"""How often somebody died at a piece of work on this machine: a file a piece, which only who lives takes away."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Attempts", "forget"]


class Attempts:
    """Pieces of work of a run that is going on.

    Example:
        >>> with Attempts("run-7").at("block-3") as deaths:
        ...     work(carefully=deaths >= 2)
    """

    def __init__(self, run: str) -> None:
        """Nothing is written yet.

        Args:
            run: its name; where it is empty nothing is counted.
        """
        self._folder = _folder(run) if run else None

    @contextmanager
    def at(self, piece: str) -> Iterator[int]:
        """Gives how many were killed at this piece before. Where the disk is full, or the like, nobody was."""
        if self._folder is None:
            yield 0
            return
        path = self._folder / piece
        try:
            yield _counted(path)
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # others are at work
                self._folder.rmdir()


def forget(run: str) -> None:
    """Takes away what actors that were ended have left on this machine, the lock of large images too."""
    folder = _folder(run)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)


def _folder(run: str) -> Path:
    return Path(tempfile.gettempdir(), f"smile-edge-{run}")


def _counted(path: Path) -> int:
    """A byte for each attempt, this one included."""
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("ab") as file:
            file.write(b".")
            return file.tell() - 1
    return 0
