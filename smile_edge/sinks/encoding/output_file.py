"""The file behind an encoder."""

import os
from io import FileIO
from pathlib import Path

__all__ = ["OutputFile"]


class OutputFile:
    """What FFmpeg writes to: each write is whole or fails, and once one has failed so does every later one.

    FFmpeg passes over a write that was cut short. Left to itself it would also write over the head of a file whose end
    did not fit on the disk, and nothing could be read then.

    Attributes:
        error: why it cannot be written; None as long as it can.
    """

    def __init__(self, path: Path) -> None:
        """The file is replaced with the first write, so that one of an earlier run stays until then. A named pipe is
        opened at once, which waits for its reader."""
        self.path = path
        self.error: OSError | None = None
        self._file: FileIO | None = None
        if path.is_fifo():
            self._opened()

    def write(self, data: bytes) -> int:
        """Write all of it.

        Raises:
            OSError: it cannot be written, now or earlier.
        """
        if self.error is not None:
            raise self.error
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._opened().write(rest) :]
        except OSError as error:
            self.error = error
            raise
        return len(data)

    def seekable(self) -> bool:
        """Whether `seek` works: not in a pipe."""
        return self._file is None or self._file.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file."""
        return self._opened().seek(offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self._opened().tell()

    def close(self) -> None:
        """Close it; safe to call twice.

        Raises:
            OSError: what was written did not reach the disk.
        """
        if self._file is not None:
            self._file.close()

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = FileIO(os.fspath(self.path), "w")
        return self._file
