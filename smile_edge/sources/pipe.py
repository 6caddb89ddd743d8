"""Videos from standard input, FIFOs and other pipes, which can be read once, in order."""

import os
import select
import stat
import sys
from collections.abc import Generator
from pathlib import Path

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.sources.video import check_head, damage_notes, frames_of
from smile_edge.validation import check_paths

__all__ = ["PipeSource", "is_pipe"]

_HEAD_BYTES = 4096
_LOOK_UP_S = 0.2
"""How often a wait for bytes is broken off to see whether the source was closed meanwhile."""


def is_pipe(spec: str) -> bool:
    """Whether `spec` is `-`, a FIFO, or another name of a pipe, like the `/dev/fd/63` of a shell's `<(command)`."""
    if spec in ("-", "/dev/stdin"):
        return True
    try:
        mode = os.stat(spec).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or (stat.S_ISSOCK(mode) and spec.startswith("/dev/fd/"))


class PipeSource(Source):
    """Every frame of a video that comes through a pipe, in a container that can be read in order."""

    def __init__(self, spec: str, *, mirror: bool = False) -> None:
        """Open the pipe, once, and wait for the first frame.

        Args:
            spec: `-` for standard input, or the path of a FIFO.
            mirror: flip the picture as a mirror does.

        Raises:
            SourceError: nothing comes, or no video that can be read in order.
        """
        check_paths(spec=spec)
        name = "stdin" if spec in ("-", "/dev/stdin") else spec
        self._pipe = _Pipe(name, None if name == "stdin" else Path(spec))
        try:
            if not self._pipe.head:
                raise SourceError(f"{name}: nothing came before it was closed; expected a video through a pipe")
            check_head(name, self._pipe.head)
            from smile_edge.sources.av_reader import AvReader

            self._reader = AvReader(
                self._pipe,
                name,
                refusal="no video that can be read from a pipe",
                cure="expected mkv, webm, ts, or an mp4 with its index in front (ffmpeg -movflags +faststart)",
            )
        except SourceError:
            self._pipe.close()
            if self._pipe.interrupted:
                raise KeyboardInterrupt from None
            raise
        super().__init__(name, fps=self._reader.fps, length=self._reader.length, mirror=mirror)

    def notes(self) -> tuple[str, ...]:
        """`3 damaged packets`, where there were any."""
        return damage_notes(self._reader.damaged)

    def _frames(self) -> Generator[Frame]:
        yield from frames_of(self._reader, self.name, stopped=lambda: self._pipe.stopped)
        if self._pipe.interrupted:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Stop a read that waits, then as every source."""
        self._pipe.stopped = True
        super().close()

    def _release(self) -> None:
        self._reader.close()
        self._pipe.close()


class _Pipe:
    """A pipe as FFmpeg reads it. Ctrl-C ends the waiting; FFmpeg would lose it, so that it is kept in `interrupted`."""

    def __init__(self, name: str, path: Path | None) -> None:
        self.stopped = self.interrupted = False
        try:
            if path is None and os.isatty(sys.stdin.fileno()):
                raise SourceError(f"{name}: a terminal, not a video; pipe one in, as in: cat clip.mkv | smile-edge ...")
            self._own = path is not None
            self._number = sys.stdin.fileno() if path is None else os.open(path, os.O_RDONLY)
            self._file = stat.S_ISREG(os.fstat(self._number).st_mode) and os.lseek(self._number, 0, os.SEEK_CUR) == 0
            self.head = self._unread = self._first_bytes()
        except (OSError, ValueError, AttributeError) as error:
            why = getattr(error, "strerror", None) or "it is closed"
            raise SourceError(f"{name}: cannot be read ({why}); expected a video through a pipe") from None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        if self._unread:
            taken, self._unread = self._unread[:size], self._unread[size:]
            return taken
        try:
            return self._receive(size)
        except KeyboardInterrupt:
            self.stopped = self.interrupted = True
            return b""

    def seekable(self) -> bool:
        """Whether it is a file after all, as after the shell's `<`."""
        return self._file

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """The new position."""
        self._unread = b""
        return os.lseek(self._number, offset, whence)

    def tell(self) -> int:
        """The position of the next byte."""
        return os.lseek(self._number, 0, os.SEEK_CUR) - len(self._unread)

    def close(self) -> None:
        """Safe to call twice; standard input stays open."""
        if self._own:
            os.close(self._number)
            self._own = False

    def _first_bytes(self) -> bytes:
        head = b""
        while len(head) < _HEAD_BYTES and (more := self._receive(_HEAD_BYTES - len(head))):
            head += more
        return head

    def _receive(self, size: int) -> bytes:
        while sys.platform != "win32" and not select.select([self._number], [], [], _LOOK_UP_S)[0]:
            if self.stopped:
                return b""
        return b"" if self.stopped else os.read(self._number, size)
