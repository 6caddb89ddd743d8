"""Large images one at a time, whoever decodes them: threads and worker processes share the memory of one machine."""

import contextlib
import multiprocessing
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["LARGE_BYTES", "RUN_VARIABLE", "MemoryTurn", "forget_turns", "memory_turn"]

LARGE_BYTES = 160_000_000
"""Memory from which an image waits for its turn: a JPEG of 52 million pixels, a PNG of 26 million."""

RUN_VARIABLE = "SMILE_EDGE_RUN"
"""Environment variable that names the run of processes which several others have started."""

_of_thread = threading.local()
_in_process = threading.Lock()


class MemoryTurn:
    """The right to take much memory, within a `memory_turn`."""

    def __init__(self, stack: ExitStack) -> None:
        self.taken = False
        """It was claimed."""
        self._stack = stack

    def claim(self, bytes_: int) -> None:
        """Waits until nobody else of this run holds a turn, if `bytes_` is much; a second claim adds nothing."""
        if bytes_ < LARGE_BYTES or self.taken:
            return
        if not getattr(_of_thread, "holds", False):
            self._stack.enter_context(_locked(_lock_path()))
        self.taken = True


@contextmanager
def memory_turn() -> Iterator[MemoryTurn]:
    """A turn that ends with the `with`, or with the process; within another one of this thread it is the same.

    Example:
        >>> with memory_turn() as turn:
        ...     still = read_still("large.png", claim=turn.claim)
    """
    with ExitStack() as stack:
        yield MemoryTurn(stack)


def _lock_path() -> Path:
    """One file for the processes of a run, named by the one that the user started."""
    parent = multiprocessing.parent_process()
    run = os.environ.get(RUN_VARIABLE) or (os.getpid() if parent is None else parent.pid)
    return Path(tempfile.gettempdir(), f"smile-edge-{run}.lock")


def forget_turns() -> None:
    """Removes the file of the turns, which a worker process that was ended may have left; called by the one that
    started the workers, when they have ended."""
    with contextlib.suppress(OSError):
        _lock_path().unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds a lock of this process, and in a worker process one on a file too, which the system gives back if the
    process dies; without the latter where none can be had."""
    with _in_process:
        if multiprocessing.parent_process() is None:
            yield from _held(None, path)
        else:
            yield from _held(_lock(path), path)


def _held(descriptor: int | None, path: Path) -> Iterator[None]:
    _of_thread.holds = True
    try:
        yield
    finally:
        _of_thread.holds = False
        if descriptor is not None:
            with contextlib.suppress(OSError):  # others may have it open, which Windows minds
                path.unlink()
            os.close(descriptor)


def _lock(path: Path) -> int | None:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError:
            return None
        try:
            _wait_for(descriptor)
            # Whoever held it before has removed the file: the lock of a file that is gone excludes nobody.
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
        except FileNotFoundError:
            pass
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        _wait_on_windows(descriptor)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _wait_on_windows(descriptor: int) -> None:
    import msvcrt

    while True:
        with contextlib.suppress(OSError):  # it gives up after ten seconds
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
            return
