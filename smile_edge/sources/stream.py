"""Network streams: RTSP and HTTP addresses."""

import gc
import os
import re
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.sources.recovery.connection import StreamEnded
from smile_edge.sources.recovery.live_frames import STALL_S, LiveFrames, check_reconnect_s
from smile_edge.sources.video import damage_notes, frames_of
from smile_edge.types import Image
from smile_edge.validation import check_paths

if TYPE_CHECKING:
    from smile_edge.sources.av_reader import AvReader

__all__ = ["SCHEMES", "StreamSource", "stream_options", "without_password"]

SCHEMES = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "tcp", "srt")

_OPTIONS_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_SECRETS = re.compile(
    r"([?&;][a-z_-]*(?:user|username|login|usr|pwd|pass|passwd|password|token|key|secret|auth|signature)=)[^&;#]*",
    re.IGNORECASE,
)
"""Parameters of a query that let somebody in, as cameras and signed addresses name them."""

_LOW_LATENCY = {"rtsp_transport": "tcp", "fpsprobesize": "0", "flags": "low_delay"}
"""No frames are collected to measure a rate. They would cost a second; and with `nobuffer`, which throws them away, the
key frame that a camera begins with is among them, so that the next one has to be waited for."""


class StreamSource(Source):
    """A stream, read in a capture thread, newest frame wins; or a video file behind HTTP: every frame."""

    def __init__(
        self,
        url: str,
        *,
        mirror: bool = False,
        reconnect_s: float = 0.0,
        stall_s: float = STALL_S,
        opener: "Callable[[str, float, float], AvReader] | None" = None,
    ) -> None:
        """Connect and wait for the first frame, up to `stall_s`.

        Args:
            url: with one of `SCHEMES`; a password or token in it stays out of names and errors.
            mirror: flip the picture as a mirror does.
            reconnect_s: seconds within which a stream that is lost must be back; 0 gives it up at once.
            stall_s: seconds without a picture after which a stream counts as lost.
            opener: replaces `AvReader`, for tests; it takes the address, and the seconds that an answer and that a
                picture may take.

        Raises:
            SourceError: nothing answers, or what answers is no video.
            UsageError: `reconnect_s` is no such time.
        """
        check_paths(url=url)
        url = str(url)
        check_reconnect_s(reconnect_s)
        name, self._url, self._stall_s, self._opener = without_password(url), url, stall_s, opener or _open
        reader = self._reader = self._opener(url, stall_s, stall_s)
        super().__init__(name, live=not reader.sized, fps=reader.fps, length=reader.length, mirror=mirror)
        self._recovering = LiveFrames(
            name,
            _StreamConnection(reader, first_is_old=True),
            self._connect,
            limit_s=reconnect_s,
            stall_s=stall_s,
            lost="ended",
            check="the network",
        )
        self._silence_s = self._recovering.silence_s

    def notes(self) -> tuple[str, ...]:
        """`3 damaged packets` and `reconnected 3 times, 41 s lost`, where there were any."""
        return (*damage_notes(self._recovering.damaged), *self._recovering.notes())

    def close(self) -> None:
        """Stop trying to reconnect, then as every source."""
        self._recovering.stop()
        super().close()

    def _frames(self) -> Generator[Frame]:
        return self._recovering.frames() if self.live else frames_of(self._reader, self.name)

    def _connect(self, timeout_s: float) -> "_StreamConnection":
        reader = self._opener(self._url, timeout_s, self._stall_s)
        if not reader.sized:
            return _StreamConnection(reader)
        reader.close()
        if reader.listed:
            raise StreamEnded
        raise SourceError(f"{self.name}: what answers now is a file and no stream; check the address")

    def _release(self) -> None:
        self._recovering.close()


class _StreamConnection:
    """A stream that is open, as `LiveFrames` asks for it."""

    def __init__(self, reader: "AvReader", *, first_is_old: bool = False) -> None:
        """Args:
        reader: not read yet.
        first_is_old: the frame that proved it was decoded long before anyone asks for one.
        """
        self._reader, self._first_is_old = reader, first_is_old

    @property
    def damaged(self) -> int:
        return self._reader.damaged

    @property
    def failure(self) -> str:
        return self._reader.failure or "the connection was closed"

    def pictures(self) -> Generator[tuple[Image, float]]:
        with closing(self._reader.frames()) as frames:
            if self._first_is_old:
                next(frames, None)
            for index, (image, _) in enumerate(frames):
                if index == 1:
                    # PyAV's first frame and its side data hold each other. Too few objects are made here to bring the
                    # garbage collector, so that each connection would leave a picture behind.
                    gc.collect(1)
                yield image, time.monotonic()

    def close(self) -> None:
        self._reader.close()


def without_password(url: str) -> str:
    """The address fit for records and messages: without user and password, and with `***` for secrets of its query.

    A password may hold characters that an address should have as `%2F` and so on: from the scheme to the last `@`
    nothing is shown, unless what comes first there has neither `@` nor `:` in it and so is a host.
    """
    scheme, mark, rest = url.partition("://")
    first = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and {"@", ":"} & set(first):
        rest = rest.rpartition("@")[2]
    return scheme + mark + _SECRETS.sub(r"\1***", rest)


def stream_options(url: str) -> dict[str, str]:
    """FFmpeg's options for an address: those for low latency for RTSP, where the user has not set others."""
    if _OPTIONS_VARIABLE in os.environ:
        pairs = (pair.partition(";") for pair in os.environ[_OPTIONS_VARIABLE].split("|"))
        return {key: value for key, _, value in pairs if key}
    return dict(_LOW_LATENCY) if url.lower().startswith("rtsp") else {}


def _open(url: str, opening_s: float, stall_s: float) -> "AvReader":
    from smile_edge.sources.av_reader import AvReader

    return AvReader(
        url,
        without_password(url),
        options=stream_options(url),
        timeout_s=stall_s,
        opening_s=opening_s,
        live=True,
        refusal="no video from this address",
        cure="check the address, the network, and user and password",
    )
