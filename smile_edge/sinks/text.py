"""Text outputs: a file, or standard output for `-`, complete to the last line whenever the run ends."""

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import Protocol

from smile_edge.errors import SinkError
from smile_edge.sinks.base import ReservedPath, Sink
from smile_edge.validation import check_paths

__all__ = ["TextSink"]

_ERRORS = "backslashreplace"
"""Text is UTF-8 whatever is written; names of files come escaped already (`records.names`)."""


class TextSink(Sink):
    """Whole lines, each with the system as soon as it is written; a full disk leaves no part of one."""

    needs_image = False

    def __init__(self, path: str | Path, *, append: bool = False) -> None:
        """Open the output.

        Args:
            path: a file, which is replaced when the first line is written; `-` is standard output.
            append: what the file holds stays, and lines come after it.

        Raises:
            UsageError: `path` is no path.
            SinkError: the file cannot be written, or another run writes to it.
        """
        check_paths(path=path)
        self.name = "standard output" if str(path) == "-" else str(path)
        self._is_stdout = str(path) == "-"
        self._claim: ReservedPath | None = None
        self._started = append
        self._file: _Writable
        if self._is_stdout:
            self._file = _standard_output()
        else:
            self._claim, self._file = _opened(Path(path))

    def _write_text(self, text: str) -> None:
        """Write lines that end in a newline.

        Raises:
            BrokenPipeError: the reader is gone (`| head`); `closed` says so, too.
            SinkError: the disk is full, or the like.
        """
        try:
            self.begin()
            self._file.write(text)
            self._file.flush()
        except BrokenPipeError:
            self.closed = True
            raise
        except OSError as error:
            # Closing tries the same lines again; done here, it cannot hide this error behind its own.
            with contextlib.suppress(OSError):
                self._close_file()
            raise self._full(error) from None

    def begin(self) -> None:
        """Empty the file, unless that has been done: the first line does it otherwise.

        Raises:
            OSError: it cannot be emptied.
        """
        if not self._started and self._claim is not None and self._claim.held:
            os.ftruncate(self._claim.number, 0)  # it was opened to append
        self._started = True

    def close(self) -> None:
        try:
            self._close_file()
        except BrokenPipeError:
            pass  # a named pipe whose reader left cannot take the rest, and nobody is there to miss it
        except OSError as error:
            raise self._full(error) from None

    def _close_file(self) -> None:
        if self._is_stdout:
            return
        if self._claim is not None and not self._started:
            self._claim.give_back()
        if not self._file.closed:
            self._file.close()
        if self._claim is not None:
            self._claim.release()

    def _full(self, error: OSError) -> SinkError:
        return SinkError(f"cannot write {self.name}: {error.strerror}; free some space or name another file")


class _Writable(Protocol):
    @property
    def closed(self) -> bool: ...

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...

    def close(self) -> None: ...


class _WholeLines:
    """An open file that takes a text whole or, where it is a regular file, not at all."""

    def __init__(self, number: int, claim: ReservedPath | None = None, *, own: bool = True) -> None:
        self._number, self._claim, self._own = number, claim, own
        self._regular = stat.S_ISREG(os.fstat(number).st_mode)
        self.closed = False

    def write(self, text: str, /) -> None:
        data = memoryview(text.encode("utf-8", _ERRORS))
        size, written = os.fstat(self._number).st_size if self._regular else 0, 0
        try:
            while written < len(data):
                written += os.write(self._number, data[written:])
        except OSError:
            if self._regular and written:
                self._cut(size, written)
            raise

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._claim is not None:
            self._claim.release()
        elif self._own:
            os.close(self._number)

    def _cut(self, size: int, written: int) -> None:
        """Takes off again what did not become whole, unless somebody else has written to the file meanwhile."""
        with contextlib.suppress(OSError):
            if os.fstat(self._number).st_size == size + written:
                os.ftruncate(self._number, size)
                os.lseek(self._number, size, os.SEEK_SET)


def _standard_output() -> _Writable:
    if sys.stdout is None or sys.stdout.closed:
        raise SinkError("cannot write standard output: it is closed; name a file")
    try:
        number, terminal = sys.stdout.fileno(), sys.stdout.isatty()
    except (OSError, AttributeError):  # it is not the process's own, as in a notebook
        return sys.stdout
    if terminal:
        return sys.stdout
    sys.stdout.flush()
    return _WholeLines(number, own=False)


def _opened(path: Path) -> tuple[ReservedPath | None, _Writable]:
    try:
        if path.exists() and not path.is_file():  # a named pipe is opened once, and a device is nobody's
            return None, _WholeLines(os.open(path, os.O_WRONLY | os.O_APPEND))
        claim = ReservedPath(path)
        return claim, _WholeLines(claim.number, claim)
    except OSError as error:
        raise SinkError(
            f"cannot write {path}: {error.strerror}; name a file in a folder that exists and is yours"
        ) from None
