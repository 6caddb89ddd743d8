"""From decoded frames to pictures: whole instead of in two fields, in BGR, upright. Loads PyAV."""

from collections.abc import Generator
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from smile_edge.imaging.decode import over_black
from smile_edge.types import Image

__all__ = ["Deinterlacer", "FrameConverter"]

_Matrix = tuple[int, int, int, int]

_TURNS: dict[_Matrix, int] = {
    (0, 1, -1, 0): cv2.ROTATE_90_CLOCKWISE,
    (-1, 0, 0, -1): cv2.ROTATE_180,
    (0, -1, 1, 0): cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_FLIPS: dict[_Matrix, int] = {(-1, 0, 0, 1): 1, (1, 0, 0, -1): 0}
_TRANSPOSES: dict[_Matrix, bool] = {(0, 1, 1, 0): False, (0, -1, -1, 0): True}
"""Signs of a display matrix a, b, c, d: x' = ax + cy, y' = bx + dy; whether a half turn follows."""

_SKEW = 0.1
"""Largest share of the smaller element of a display matrix's row that still counts as none."""


class Deinterlacer:
    """Makes whole frames of those that say that they are interlaced, one for one; others pass through unchanged.

    The filter is set up by the first interlaced frame, so that progressive video costs nothing.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def frames(self, frame: VideoFrame) -> Generator[VideoFrame]:
        """What is ready once `frame` is there: the filter looks one frame ahead."""
        shape = frame.width, frame.height, frame.format.name
        if self._graph is not None and shape != self._shape:
            yield from self.flush()
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame
                return
            self._graph, self._shape = _bwdif(frame), shape
        self._graph.vpush(frame)
        yield from self._ready()

    def flush(self) -> Generator[VideoFrame]:
        """What the filter still holds; the next interlaced frame sets up a new one."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready()
            self._graph = None

    def _ready(self) -> Generator[VideoFrame]:
        while self._graph is not None:
            try:
                frame = self._graph.vpull()
            except (BlockingIOError, EOFError):
                return
            yield frame


def _bwdif(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 1000),
    )
    graph.link_nodes(source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink"))
    graph.configure()
    return graph


class FrameConverter:
    """Decoded frames as upright BGR images; swscale converts as it does for OpenCV, to the last bit."""

    def __init__(self, *, transparent: bool = False) -> None:
        """Args:
        transparent: an alpha channel shows black; otherwise it is left out.
        """
        self._reformatter = VideoReformatter()
        self._transparent = transparent
        self._rotation: int | None = None
        self._matrix: _Matrix | None = None

    def image(self, frame: VideoFrame) -> Image:
        """`(height, width, 3)` BGR uint8, turned as the frame's display matrix says.

        Raises:
            av.error.FFmpegError: it cannot be converted.
        """
        alpha = self._transparent and any(component.is_alpha for component in frame.format.components)
        array = self._array(frame, "bgra" if alpha else "bgr24")
        # Not of every frame: PyAV's side data and their frame hold each other until the garbage collector comes.
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, _display_matrix(frame)
        return _upright(over_black(array) if alpha else np.ascontiguousarray(array), self._matrix)

    def _array(self, frame: VideoFrame, name: str) -> Image:
        try:
            found = self._reformatter.reformat(frame, format=name, interpolation=Interpolation.BICUBIC, threads=1)
        except FFmpegError:
            # A colour space that swscale does not know, or that cannot be this pixel format's.
            self._reformatter = VideoReformatter()
            found = self._reformatter.reformat(
                frame,
                format=name,
                interpolation=Interpolation.BICUBIC,
                threads=1,
                src_colorspace=Colorspace.ITU601,
                dst_colorspace=Colorspace.ITU601,
            )
        return np.asarray(found.to_ndarray(), np.uint8)


def _display_matrix(frame: VideoFrame) -> _Matrix | None:
    """Signs of the matrix's four elements, or None where it turns by no quarter, or not at all."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return None
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
    first, second = _signs(a, b), _signs(c, d)
    return None if first is None or second is None else (*first, *second)


def _signs(first: int, second: int) -> tuple[int, int] | None:
    if abs(second) <= _SKEW * abs(first):
        return int(np.sign(first)), 0
    return (0, int(np.sign(second))) if abs(first) <= _SKEW * abs(second) else None


def _upright(image: Image, matrix: _Matrix | None) -> Image:
    if matrix in _TURNS:
        return np.asarray(cv2.rotate(image, _TURNS[matrix]), np.uint8)
    if matrix in _FLIPS:
        return np.asarray(cv2.flip(image, _FLIPS[matrix]), np.uint8)
    if matrix in _TRANSPOSES:
        image = np.asarray(cv2.transpose(image), np.uint8)
        return np.asarray(cv2.rotate(image, cv2.ROTATE_180), np.uint8) if _TRANSPOSES[matrix] else image
    return image
