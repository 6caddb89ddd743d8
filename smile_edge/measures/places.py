"""Where the parts of a face are: centres of eyes and mouth, the tip of the nose."""

from typing import TypedDict

from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray

__all__ = ["ROWS", "Places", "places"]

_NAMES = ("right_eye", "left_eye", "nose", "mouth")

ROWS = TOPOLOGY_49.readout_matrix(_NAMES)
"""`(4, 49)`: one row a place."""


class Places(TypedDict):
    """Pixels of the frame."""

    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    nose: tuple[float, float]
    mouth: tuple[float, float]


def places(read: FloatArray) -> Places:
    """The places in `ROWS @ points`, `(4, 2)` px."""
    right_eye, left_eye, nose, mouth = map(tuple, read.tolist())
    return Places(right_eye=right_eye, left_eye=left_eye, nose=nose, mouth=mouth)
