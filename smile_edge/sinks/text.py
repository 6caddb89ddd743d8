"""Text outputs: a file, or standard output for `-`, complete to the last line whenever the run ends."""

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TextIO

from smile_edge.errors import SinkError
from smile_edge.sinks.base import ReservedPath, Sink

__all__ = ["TextSink"]

_ERRORS = "surrogateescape"
"""Names of files that are not UTF-8 are written as the bytes that they are."""


class TextSink(Sink):
    """Whole lines, each flushed as it is written."""

    needs_image = False

    def __init__(self, path: str | Path) -> None:
        """Open the output.

        Args:
            path: a file, which is replaced when the first line is written; `-` is standard output.

        Raises:
            SinkError: the file cannot be written.
        """
        self.name = "standard output" if str(path) == "-" else str(path)
        self._is_stdout = str(path) == "-"
        self._claim: ReservedPath | None = None
        self._started = False
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
            if not self._started and self._claim is not None:
                os.truncate(self._claim.path, 0)  # it was opened to append
            self._started = True
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

    def close(self) -> None:
        try:
            self._close_file()
        except BrokenPipeError:
            pass  # a named pipe whose reader left cannot take the rest, and nobody is there to miss it
        except OSError as error:
            raise self._full(error) from None

    def _close_file(self) -> None:
        if not self._is_stdout and not self._file.closed:
            self._file.close()
            if not self._started and self._claim is not None:
                self._claim.give_back()

    def _full(self, error: OSError) -> SinkError:
        return SinkError(f"cannot write {self.name}: {error.strerror}; free some space or name another file")


def _standard_output() -> TextIO:
    if sys.stdout is None or sys.stdout.closed:
        raise SinkError("cannot write standard output: it is closed; name a file")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_ERRORS)
    return sys.stdout


def _opened(path: Path) -> tuple[ReservedPath | None, TextIO]:
    try:
        claim = ReservedPath(path) if path.is_file() or not path.exists() else None  # a named pipe is opened once
        return claim, path.open("a", encoding="utf-8", errors=_ERRORS, newline="")
    except OSError as error:
        raise SinkError(
            f"cannot write {path}: {error.strerror}; name a file in a folder that exists and is yours"
        ) from None
