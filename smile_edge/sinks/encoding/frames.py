"""Pictures as an encoder takes them: their colours and their times."""

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from smile_edge.types import Image

if TYPE_CHECKING:
    from av import VideoFrame

__all__ = ["FrameClock", "Palette", "frame_converter"]

_JUMP_S = 1.0
"""A clock that goes back by more than this was set back, and the times go on from there; by less, it trembles."""

_PALETTE_SHARE = 2
"""The colours of a GIF are taken from every second pixel of every second line, which misses no drawn point."""

_KEPT_BITS, _MIDDLE = 0xF8, 0x04
"""Five bits of each colour are told apart in a GIF: 39 instead of 280 ms a frame of noisy 720p, for 0.5 dB."""


class FrameClock:
    """Times of frames that always grow, from 0: a gap stays a gap.

    Example:
        >>> clock = FrameClock(fps=30.0)
        >>> [clock.place(time_s) for time_s in (7.0, 7.5, 9.0)]
        [0.0, 0.5, 2.0]
    """

    def __init__(self, fps: float) -> None:
        """Frames without a time of their own follow each other at `fps`."""
        self._step_s = 1 / fps
        self._time_s: float | None = None
        self._origin_s = self._placed_s = 0.0

    def place(self, time_s: float) -> float:
        """Where a frame lies in the video, seconds; `time_s` is by the clock of its source."""
        if self._time_s is None:
            self._time_s = self._origin_s = time_s
            return 0.0
        placed_s = time_s - self._origin_s
        if time_s == self._time_s:
            placed_s = self._placed_s + self._step_s
        elif time_s < self._time_s - _JUMP_S:
            placed_s = self._placed_s + self._step_s
            self._origin_s = time_s - placed_s
        elif placed_s <= self._placed_s:
            placed_s = self._placed_s + self._step_s / 2
        self._time_s, self._placed_s = time_s, placed_s
        return placed_s


def frame_converter(pixel_format: str, size: tuple[int, int], base: Fraction) -> "Callable[[Image], VideoFrame]":
    """What makes a frame for the encoder from `(height, width, 3)` BGR.

    Args:
        pixel_format: FFmpeg's name of the encoder's.
        size: width and height, px.
        base: seconds in a tick.
    """
    from av import VideoFrame

    if pixel_format == "pal8":
        return Palette(size, base)
    return lambda image: VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixel_format)


class Palette:
    """Reduces each frame to the 256 colours that fit it best."""

    def __init__(self, size: tuple[int, int], base: Fraction) -> None:
        """Build FFmpeg's filters.

        Args:
            size: width and height, px.
            base: seconds in a tick.
        """
        from av.filter import Graph

        graph = Graph()
        width, height = size
        start = graph.add_buffer(width=width, height=height, format="bgr24", time_base=base)  # type: ignore[arg-type]
        split, use = graph.add("split"), graph.add("paletteuse", "new=1:dither=none")
        small = graph.add("scale", f"ceil(iw/{_PALETTE_SHARE}):ceil(ih/{_PALETTE_SHARE}):flags=neighbor")
        colours, end = graph.add("palettegen", "stats_mode=single"), graph.add("buffersink")
        start.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(small, 1, 0)
        small.link_to(colours)
        colours.link_to(use, 0, 1)
        use.link_to(end)
        graph.configure()
        self._graph, self._base, self._count = graph, base, 0

    def __call__(self, image: Image) -> "VideoFrame":
        from av import VideoFrame

        coarse = np.bitwise_or(np.bitwise_and(image, _KEPT_BITS), _MIDDLE, dtype=np.uint8)
        frame = VideoFrame.from_ndarray(coarse, format="bgr24")
        frame.pts, frame.time_base = self._count, self._base
        self._count += 1
        self._graph.vpush(frame)
        return self._graph.vpull()
