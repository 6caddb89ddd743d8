"""The record of a frame or image, made when its faces are known."""

import time
from collections.abc import Sequence

from smile_edge.records import Face, Frame, FrameResult

__all__ = ["result_of"]


def result_of(frame: Frame, faces: Sequence[Face], *, still: bool = False) -> FrameResult:
    """The record of a frame; an image that belongs to no stream (`still`) has no time."""
    height, width = frame.image.shape[:2]
    live = frame.captured_s is not None
    return FrameResult(
        source=frame.source,
        frame=frame.index,
        time_s=None if still else frame.time_s,
        width=width,
        height=height,
        faces=tuple(faces),
        age_ms=None if frame.captured_s is None else (time.monotonic() - frame.captured_s) * 1000,
        dropped=frame.dropped if live else None,
        mirrored=frame.mirrored,
        started_at=frame.started_at,
        gap_s=frame.gap_s,
        warning=frame.warning,
    )
