"""How far a face is turned in the picture's plane."""

import math
from typing import TypedDict

from smile_edge.geometry.scalar import face_rois
from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49
from smile_edge.types import FloatArray

__all__ = ["ROWS", "Roll", "roll"]

ROWS = TOPOLOGY_49.readout_matrix(FIVE_POINTS)
"""`(5, 49)`: the five points."""


class Roll(TypedDict):
    """Degrees, positive when the face is turned clockwise on the screen."""

    roll: float


def roll(read: FloatArray) -> Roll:
    """The turn of the face region that `ROWS @ points`, `(5, 2)` px, span."""
    (face,) = face_rois(read[None])
    return Roll(roll=math.degrees(face.angle))
