"""The picture of a frame as viewers get it: the only way in which a picture leaves."""

from collections.abc import Callable

import cv2

from smile_edge.records import Frame, FrameResult
from smile_edge.types import Image

__all__ = ["WIDEST_PX", "Cover", "PictureEncoder"]

WIDEST_PX = 1280
"""Wider pictures are made smaller: more than a page shows, and four times the bytes."""

_QUALITY = 80
"""JPEG's scale to 100; at 80 a face shows no blocks, and a 720p frame has 60 to 120 kB."""

Cover = Callable[[Frame, FrameResult], Image]
"""What viewers may see of a frame: a picture of the same size, in which faces may be hidden."""


class PictureEncoder:
    """A frame as JPEG. What is covered here is covered for every viewer: none of them can ask for more."""

    def __init__(self, cover: Cover | None = None) -> None:
        """Args:
        cover: hides faces before anything is encoded; None shows the frame as it is.
        """
        self._cover = cover

    def __call__(self, frame: Frame, result: FrameResult) -> bytes:
        """The JPEG of `frame`, at most `WIDEST_PX` wide; the frame itself stays as it is."""
        image = frame.image if self._cover is None else self._cover(frame, result)
        height, width = image.shape[:2]
        if width > WIDEST_PX:
            size = (WIDEST_PX, max(round(height * WIDEST_PX / width), 1))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype, copy=False)
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return encoded.tobytes()
