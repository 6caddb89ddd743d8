"""Animated WebP, which FFmpeg does not decode."""

from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import SourceError
from smile_edge.imaging.decode import over_black
from smile_edge.imaging.file_structure import canvas_px, check_pixels, file_structure
from smile_edge.imaging.native import hush_native_logs
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.types import Image
from smile_edge.validation import check_paths

__all__ = ["AnimatedWebpSource"]

_CHUNK_BYTES = 256 << 20
"""Decoded frames that are held at a time; each chunk is decoded from the first frame on."""
_CHUNK_FRAMES = 64
_BYTES_PER_PX = 14.2
"""Memory that decoding takes at its peak for each pixel of a large canvas (measured at 49 million pixels)."""
_DEFAULT_MS = 100
"""How long a frame shows that names no time, as in browsers."""


class AnimatedWebpSource(Source):
    """Every frame of an animated WebP, once through, each at its time; transparency shows black."""

    def __init__(self, path: str | Path, *, mirror: bool = False) -> None:
        """Read the file and decode its first frames.

        Raises:
            SourceError: it cannot be read, is cut short or damaged, or has too many pixels.
        """
        check_paths(path=path)
        hush_native_logs()
        name = str(path)
        try:
            data = Path(path).read_bytes()
            structure = file_structure(path)
        except OSError as error:
            raise SourceError(f"{name}: cannot be read ({error.strerror}); expected a readable WebP") from None
        width, height = canvas_px(data) or (0, 0)
        check_pixels(name, width, height, _BYTES_PER_PX, "an animation")
        self._data = np.frombuffer(data, np.uint8)
        self._step = min(max(_CHUNK_BYTES // max(4 * width * height, 1), 1), _CHUNK_FRAMES)
        self._chunk = self._decode(0)
        if not self._chunk:
            cut = "cut short" if structure.whole is False else "damaged"
            raise SourceError(f"{name}: not a WebP that can be decoded, it is {cut}; copy it again from its origin")
        fps = 1000 / max(float(np.mean([time_ms for _, time_ms in self._chunk])), 1.0)
        super().__init__(name, fps=fps, length=structure.pictures, mirror=mirror)

    def _frames(self) -> Generator[Frame]:
        index, time_ms = 0, 0
        while self._chunk:
            for image, shown_ms in self._chunk:
                yield Frame(over_black(image), index, time_ms / 1000, self.name)
                index, time_ms = index + 1, time_ms + shown_ms
            self._chunk = self._decode(index) if self.length is None or index < self.length else []

    def _decode(self, start: int) -> list[tuple[Image, int]]:
        """Some frames from `start` on, BGR or BGRA, and how long each shows; none after the last."""
        try:
            done, animation = cv2.imdecodeanimation(self._data, start=start, count=self._step)
        except cv2.error:
            return []
        if not done:
            return []
        times_ms = np.ravel(np.asarray(animation.durations)).tolist()
        return [
            (np.asarray(image, np.uint8), int(shown) if shown > 0 else _DEFAULT_MS)
            for image, shown in zip(animation.frames, times_ms, strict=False)
        ]

    def _release(self) -> None:
        self._chunk = []
