"""The camera that a picture was taken with: what turns sizes in pixels into distances."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from smile_edge.errors import UsageError

__all__ = ["ASSUMED_HFOV", "EYE_DISTANCE_MM", "Camera", "Lens"]

ASSUMED_HFOV = 60.0
"""Horizontal field of view of a camera that is not known, degrees: that of most webcams."""
EYE_DISTANCE_MM = 63.0
"""Mean distance between the pupils of adults (Dodgson, 2004), the scale of a face whose size nobody knows."""


_KEPT_SIZES = 64


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera for frames of one size."""

    focal_px: float
    centre_x: float
    """px"""
    centre_y: float
    unit: float
    """An eye distance in the unit of translations: 1, or mm."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What is known of a camera: nothing, its field of view, or its matrix.

    Example:
        >>> Camera(hfov=78).lens(1280, 720).focal_px
        790.3
    """

    hfov: float | None = None
    """Horizontal field of view, degrees."""
    matrix: npt.ArrayLike | None = None
    """`(3, 3)` px: fx, 0, cx; 0, fy, cy; 0, 0, 1, as OpenCV's calibration gives it, for the frames as they come."""
    _lenses: dict[tuple[int, int], Lens] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Checks them.

        Raises:
            UsageError: both are given, or one cannot be used.
        """
        if self.hfov is not None and self.matrix is not None:
            raise UsageError("give the camera's field of view or its matrix, not both")
        if self.hfov is not None and not 0 < self.hfov < 180:
            raise UsageError(f"hfov must lie between 0 and 180 degrees. Received: {self.hfov}")
        if self.matrix is None:
            return
        try:
            matrix = np.asarray(self.matrix, np.float64)
        except (TypeError, ValueError):
            matrix = np.empty(0)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or min(matrix[0, 0], matrix[1, 1]) <= 0:
            raise UsageError(
                "camera_matrix must be (3, 3) numbers [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in px, fx and fy above 0. "
                f"Received: shape {np.shape(matrix)}"
            )

    def lens(self, width: int, height: int) -> Lens:
        """The camera for frames of `width` by `height` px."""
        lens = self._lenses.get((width, height))
        if lens is None:
            if len(self._lenses) >= _KEPT_SIZES:
                self._lenses.clear()
            lens = self._lenses[width, height] = self._lens(width, height)
        return lens

    def _lens(self, width: int, height: int) -> Lens:
        if self.matrix is not None:
            matrix = np.asarray(self.matrix, np.float64)
            focal = math.sqrt(matrix[0, 0] * matrix[1, 1])
            return Lens(focal, float(matrix[0, 2]), float(matrix[1, 2]), EYE_DISTANCE_MM)
        hfov = ASSUMED_HFOV if self.hfov is None else self.hfov
        focal = width / (2 * math.tan(math.radians(hfov) / 2))
        unit = 1.0 if self.hfov is None else EYE_DISTANCE_MM
        return Lens(focal, (width - 1) / 2, (height - 1) / 2, unit)
