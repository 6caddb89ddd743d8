"""Network streams: RTSP and HTTP addresses."""

import os
import re
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.sources.video import damage_notes, frames_of

if TYPE_CHECKING:
    from smile_edge.sources.av_reader import AvReader

__all__ = ["SCHEMES", "StreamSource", "stream_options", "without_password"]

SCHEMES = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "tcp", "srt")

_TIMEOUT_S = 10.0
_OPTIONS_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_SECRETS = re.compile(
    r"([?&;][a-z_-]*(?:user|username|login|usr|pwd|pass|passwd|password|token|key|secret|auth|signature)=)[^&;#]*",
    re.IGNORECASE,
)
"""Parameters of a query that let somebody in, as cameras and signed addresses name them."""

_LOW_LATENCY = {"rtsp_transport": "tcp", "fflags": "nobuffer", "flags": "low_delay"}


class StreamSource(Source):
    """A stream, read in a capture thread, newest frame wins; or a video file behind HTTP: every frame."""

    def __init__(self, url: str, *, mirror: bool = False, opener: "Callable[[str], AvReader] | None" = None) -> None:
        """Connect and wait for the first frame, up to ten seconds.

        Args:
            url: with one of `SCHEMES`; a password or token in it stays out of names and errors.
            mirror: flip the picture as a mirror does.
            opener: replaces `AvReader`, for tests.

        Raises:
            SourceError: nothing answers, or what answers is no video.
        """
        name = without_password(url)
        self._reader = (opener or _open)(url)
        super().__init__(
            name, live=not self._reader.sized, fps=self._reader.fps, length=self._reader.length, mirror=mirror
        )

    def notes(self) -> tuple[str, ...]:
        """`3 damaged packets`, where there were any."""
        return damage_notes(self._reader.damaged)

    def _frames(self) -> Generator[Frame]:
        return self._live_frames() if self.live else frames_of(self._reader, self.name)

    def _live_frames(self) -> Generator[Frame]:
        index, start_s = 0, None
        with closing(self._reader.frames()) as frames:
            next(frames, None)  # the one that proved the stream is old by now
            for image, _ in frames:
                now_s = time.monotonic()
                start_s = now_s if start_s is None else start_s
                yield Frame(image, index, now_s - start_s, self.name, now_s)
                index += 1
        why = f" ({self._reader.failure})" if self._reader.failure else ""
        raise SourceError(f"{self.name} ended after {index} frames{why}; check the network, then start again")

    def _release(self) -> None:
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


def _open(url: str) -> "AvReader":
    from smile_edge.sources.av_reader import AvReader

    return AvReader(
        url,
        without_password(url),
        options=stream_options(url),
        timeout_s=_TIMEOUT_S,
        live=True,
        refusal="no video from this address",
        cure="check the address, the network, and user and password",
    )
