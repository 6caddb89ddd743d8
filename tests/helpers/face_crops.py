"""An image that tells where a crop was cut, and points to cut it by."""

import numpy as np
import numpy.typing as npt
from fake_world import face_points

from smile_edge.topology import TOPOLOGY_49

__all__ = ["CROP_PX", "SCALE", "five_of", "ramp"]

CROP_PX, SCALE = 96, 2.6


def ramp(height: int = 240, width: int = 320) -> npt.NDArray[np.uint8]:
    """Blue tells x, green tells y (both halved), so that a crop tells where it was cut."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x // 2, y // 2, np.full_like(x, 200)], -1).astype(np.uint8)


def five_of(**where: float) -> npt.NDArray[np.float32]:
    return TOPOLOGY_49.five_points(face_points(**where))
