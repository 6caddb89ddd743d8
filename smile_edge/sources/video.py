"""Video files: every frame, timed by the container."""

import logging
import math
from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import SourceError
from smile_edge.imaging.native import hush_native_logs, native_path
from smile_edge.records import Frame
from smile_edge.sources.base import Source

__all__ = ["VideoFileSource", "sane_fps", "sane_length"]

log = logging.getLogger(__name__)

_DEFAULT_FPS = 30.0
_PLAYLIST_SUFFIXES = (".m3u8", ".m3u", ".sdp", ".ffconcat", ".mpd")


class VideoFileSource(Source):
    """Every frame of a video file, turned upright as the file says."""

    def __init__(self, path: str | Path, *, mirror: bool = False) -> None:
        """Open the file and decode its first frame.

        Raises:
            SourceError: the file is missing, unreadable, empty or not a video.
        """
        hush_native_logs()
        path = Path(path)
        _check_file(path)
        # Named outright, since the image-sequence back end would read a `%` in the name as a pattern.
        try:
            self._capture = cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG)
        except UnicodeError:
            raise SourceError(f"{str(path)!r}: the name is not UTF-8, which OpenCV cannot open; rename it") from None
        ok, first = self._capture.read() if self._capture.isOpened() else (False, None)
        if not ok or first is None:
            self._capture.release()
            raise SourceError(f"{path}: not a video that can be decoded; expected mp4, mkv, avi, webm, mov or alike")
        self._first = first
        super().__init__(
            str(path),
            fps=sane_fps(self._capture.get(cv2.CAP_PROP_FPS)),
            length=sane_length(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)),
            mirror=mirror,
        )

    def _frames(self) -> Generator[Frame]:
        step_s = 1.0 / (self.fps or _DEFAULT_FPS)
        image, index, time_s, start_s = self._first, 0, 0.0, self._position_s()
        while True:
            yield Frame(np.asarray(image, np.uint8), index, time_s, self.name)
            ok, image = self._capture.read()
            if not ok or image is None:
                break
            index += 1
            stamp_s = self._position_s() - start_s
            # Containers without usable stamps repeat them or jump back; then the nominal rate is all there is.
            time_s = stamp_s if math.isfinite(stamp_s) and stamp_s > time_s else time_s + step_s
        if self.length is not None and index + 1 < 0.9 * self.length:
            log.warning("%s ended after %d of about %d frames; it may be damaged", self.name, index + 1, self.length)

    def _position_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def _release(self) -> None:
        self._capture.release()


def sane_fps(value: float) -> float | None:
    """A frame rate as reported by a capture, or None where the report is no rate."""
    return float(value) if math.isfinite(value) and 0 < value <= 1000 else None


def sane_length(value: float) -> int | None:
    """A frame count as reported by a capture, or None where the report is no count."""
    return int(value) if math.isfinite(value) and 0 < value < 1e9 else None


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise SourceError(f"{path}: no such file; expected a video file, check the path")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected a readable video file") from None
    if not head:
        raise SourceError(f"{path}: the file is empty (0 bytes); expected a video, copy it again from its origin")
    # FFmpeg would play a text file as terminal art.
    text = b"\0" not in head and head.isascii()
    if text and path.suffix.lower() not in _PLAYLIST_SUFFIXES:
        raise SourceError(f"{path}: a text file, not a video; expected mp4, mkv, avi, webm, mov or alike")
