"""A black frame, its empty result, and a clip of such frames."""

from pathlib import Path

import numpy as np

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import VideoSink

__all__ = ["FRAME", "RESULT", "write_clip"]

FRAME = Frame(np.zeros((48, 64, 3), np.uint8), source="test")
RESULT = FrameResult("test", 0, 0.0, 64, 48)


def write_clip(path: Path) -> Path:
    """Four black frames."""
    with VideoSink(path) as sink:
        for _ in range(4):
            sink.write(FRAME, RESULT)
    return path
