"""Network streams: RTSP and HTTP addresses."""

import os
import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import cast

import cv2

from smile_edge.errors import SourceError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.sources.camera import Capture, live_frames
from smile_edge.sources.video import sane_fps, sane_length

__all__ = ["SCHEMES", "StreamSource", "without_password"]

SCHEMES = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "tcp", "srt")

_TIMEOUT_MS = 10_000
_OPTIONS_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_LOW_LATENCY = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"


class StreamSource(Source):
    """A stream, read in a capture thread, newest frame wins; or a video file behind HTTP: every frame."""

    def __init__(self, url: str, *, mirror: bool = False, opener: Callable[[str], Capture] | None = None) -> None:
        """Connect and wait for the first frame, up to ten seconds.

        Args:
            url: with one of `SCHEMES`; a password in it stays out of names and errors.
            mirror: flip the picture as a mirror does.
            opener: replaces `cv2.VideoCapture`, for tests.

        Raises:
            SourceError: nothing answers, or what answers is no video.
        """
        hush_native_logs()
        name = without_password(url)
        with _capture_options(url):
            self._capture = (opener or _open)(url)
        ok, first = self._capture.read() if self._capture.isOpened() else (False, None)
        if not ok or first is None:
            self._capture.release()
            raise SourceError(
                f"{name}: no video from this address within {_TIMEOUT_MS // 1000} s;"
                " check the address, the network, and user and password"
            )
        self._first = first
        length = sane_length(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        fps = sane_fps(self._capture.get(cv2.CAP_PROP_FPS))
        super().__init__(name, live=length is None, fps=fps, length=length, mirror=mirror)

    def _frames(self) -> Generator[Frame]:
        if not self.live:
            return self._file_frames()
        # The frame that proved the stream is old by now; captures are counted from here.
        return live_frames(self._capture, self.name, time.monotonic, ended="ended", check="the network")

    def _file_frames(self) -> Generator[Frame]:
        image, index = self._first, 0
        while True:
            yield Frame(image, index, index / (self.fps or 30.0), self.name)
            ok, new = self._capture.read()
            if not ok or new is None:
                return
            image, index = new, index + 1

    def _release(self) -> None:
        self._capture.release()


def without_password(url: str) -> str:
    """The address with the user and password left out, fit for records and messages.

    A password may hold characters that an address should have as `%2F` and so on: from the scheme to the last `@`
    nothing is shown, unless what comes first there has neither `@` nor `:` in it and so is a host.
    """
    scheme, mark, rest = url.partition("://")
    first = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" not in rest or not {"@", ":"} & set(first):
        return url
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _open(url: str) -> Capture:
    parameters = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
    return cast(Capture, cv2.VideoCapture(url, cv2.CAP_FFMPEG, parameters))


@contextmanager
def _capture_options(url: str) -> Iterator[None]:
    """FFmpeg's low-latency options while an RTSP stream opens; elsewhere they would be errors. The user's own win."""
    if not url.lower().startswith("rtsp") or _OPTIONS_VARIABLE in os.environ:
        yield
        return
    os.environ[_OPTIONS_VARIABLE] = _LOW_LATENCY
    try:
        yield
    finally:
        del os.environ[_OPTIONS_VARIABLE]
