"""The camera that a picture was taken with: what turns sizes in pixels into distances."""

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.errors import UsageError
from smile_edge.validation import is_real, shown

__all__ = ["ASSUMED_HFOV", "EYE_DISTANCE_MM", "Camera", "Lens"]

ASSUMED_HFOV = 60.0
"""Horizontal field of view of a camera that is not known, degrees: that of most webcams."""
EYE_DISTANCE_MM = 63.0
"""Mean distance between the pupils of adults (Dodgson, 2004), the scale of a face whose size nobody knows."""


_KEPT_SIZES = 64
_LEAST_HFOV = 1e-3
"""Degrees that a field of view keeps away from 0 and from 180, where distances have no end."""
_LEAST_FOCAL_PX, _MOST_FOCAL_PX = 1e-2, 1e8


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera for frames of one size."""

    focal_x: float
    """px"""
    focal_y: float
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
        if self.hfov is not None:
            _check_hfov(self.hfov)
        if self.matrix is not None:
            object.__setattr__(self, "matrix", _checked_matrix(self.matrix))

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
            (fx, _, cx), (_, fy, cy), _ = np.asarray(self.matrix).tolist()
            return Lens(fx, fy, cx, cy, EYE_DISTANCE_MM)
        hfov = ASSUMED_HFOV if self.hfov is None else float(self.hfov)
        focal = width / (2 * math.tan(math.radians(hfov) / 2))
        unit = 1.0 if self.hfov is None else EYE_DISTANCE_MM
        return Lens(focal, focal, (width - 1) / 2, (height - 1) / 2, unit)


def _check_hfov(hfov: Any) -> None:
    if not is_real(hfov) or not _LEAST_HFOV <= hfov <= 180 - _LEAST_HFOV:
        raise UsageError(f"hfov must lie between 0 and 180 degrees. Received: {shown(hfov)}")


def _checked_matrix(given: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A copy of the matrix."""
    raw: npt.NDArray[Any] = np.empty(0)
    with suppress(TypeError, ValueError):
        raw = np.array(given)
    if raw.shape != (3, 3) or raw.dtype.kind not in "fiu" or not _is_camera(raw.astype(np.float64).tolist()):
        raise UsageError(
            "camera_matrix must be (3, 3) numbers [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in px, fx and fy from "
            f"{_LEAST_FOCAL_PX:g} to {_MOST_FOCAL_PX:g}. Received: {shown(given)}"
        )
    return raw.astype(np.float64)


def _is_camera(rows: list[list[float]]) -> bool:
    (fx, skew, cx), (low, fy, cy), last = rows
    focal = all(_LEAST_FOCAL_PX <= value <= _MOST_FOCAL_PX for value in (fx, fy))
    return focal and all(map(math.isfinite, (skew, cx, cy))) and low == 0 and last == [0, 0, 1]
