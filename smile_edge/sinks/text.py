"""Text outputs: a file, or standard output for `-`, complete to the last line whenever the run ends."""

import contextlib
import sys
from pathlib import Path
from typing import TextIO

from smile_edge.errors import SinkError
from smile_edge.sinks.base import Sink

__all__ = ["TextSink"]


class TextSink(Sink):
    """Whole lines, each flushed as it is written."""

    needs_image = False

    def __init__(self, path: str | Path) -> None:
        """Open the output.

        Args:
            path: a file, which is replaced; `-` is standard output.

        Raises:
            SinkError: the file cannot be written.
        """
        self.name = "standard output" if str(path) == "-" else str(path)
        self._is_stdout = str(path) == "-"
        self._file: TextIO = sys.stdout if self._is_stdout else _opened(Path(path))

    def _write_text(self, text: str) -> None:
        """Write lines that end in a newline.

        Raises:
            BrokenPipeError: the reader is gone (`| head`); `closed` says so, too.
            SinkError: the disk is full, or the like.
        """
        try:
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
        if not self._is_stdout:
            self._file.close()

    def _full(self, error: OSError) -> SinkError:
        return SinkError(f"cannot write {self.name}: {error.strerror}; free some space or name another file")


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise SinkError(
            f"cannot write {path}: {error.strerror}; name a file in a folder that exists and is yours"
        ) from None
