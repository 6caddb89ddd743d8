"""Faces and frames to be sent."""

from dataclasses import replace
from typing import Any

import numpy as np
from fake_world import face_of, face_points

from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import Face, Frame, FrameResult

__all__ = ["FRAME", "FULL", "face", "result_of"]

FRAME = Frame(np.zeros((4, 4, 3), np.uint8))
FULL = FaceMeasures(
    pose=Pose(20.0, -5.0, 10.0),
    translation=(0.5, -0.25, 8.0),
    blink=(0.25, 0.75),
    mouth_open=0.5,
    smile=0.875,
    gaze=((0.5, 0.25), (0.5, -0.25)),
    expression={"jawOpen": 0.5, "eyeBlinkLeft": 0.25},
)
"""A face of which everything is known."""


def face(id: int = 0, measures: FaceMeasures = FULL, *, size: float = 40.0, **changes: Any) -> Face:
    """A face with these measures; its eyes are `size` px apart."""
    made = replace(face_of(face_points(size=size), id=id), given=measures)
    return replace(made, **changes)


def result_of(*faces: Face, frame: int = 0, mirrored: bool = False, time_s: float | None = 0.0) -> FrameResult:
    """A frame of 640x480 with these faces."""
    return FrameResult("demo", frame, time_s, 640, 480, faces, mirrored=mirrored)
