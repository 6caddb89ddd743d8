"""Which of the faces that were found are wanted: by score, size and place."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from smile_edge.errors import UsageError
from smile_edge.geometry.face_roi import roi_box
from smile_edge.geometry.scalar import FaceRoi
from smile_edge.records import Face
from smile_edge.validation import is_real, shown

__all__ = ["FaceFilter"]

_MOST_PX = 1_000_000_000
"""No picture is larger."""

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FaceFilter:
    """What a face must be like to be told of.

    Example:
        >>> wanted = FaceFilter(min_size=60, roi=(0, 0, 640, 480))
        >>> [face for face in result.faces if wanted.passes(face)]
    """

    min_score: float | None = None
    """Lowest score, 0..1; None leaves it to the models."""
    min_size: float | None = None
    """Least longer side of the box, px of the frame; None is no limit."""
    roi: Sequence[float] | None = None
    """Left, top, width, height, px of the frame: the middle of the box lies there; None is the whole frame."""

    def __post_init__(self) -> None:
        """Checks the values, and takes any four numbers for `roi`.

        Raises:
            UsageError: a score outside of 0..1, a size below zero, or what is no rectangle.
        """
        score, size = self.min_score, self.min_size
        if score is not None and not (is_real(score) and 0 <= score <= 1):
            raise UsageError(f"min_score must lie between 0 and 1. Received: min_score={shown(score)}")
        if size is not None and not (is_real(size) and 0 <= size <= _MOST_PX):
            raise UsageError(f"min_size must be px, at least 0, at most {_MOST_PX}. Received: min_size={shown(size)}")
        if self.roi is not None:
            object.__setattr__(self, "roi", _rectangle(self.roi))

    @property
    def limits_place(self) -> bool:
        """Whether size or place matter."""
        return bool(self.min_size) or self.roi is not None

    def passes(self, face: Face, factor: int = 1) -> bool:
        """Whether the face is wanted.

        Args:
            face: as it was found.
            factor: by which the picture it was found in was reduced; size and place are those of the whole one.
        """
        if self.min_score is not None and face.score < self.min_score:
            return False
        if not self.limits_place:
            return True
        left, top, width, height = (float(value) * factor for value in face.box.tolist())
        shift = (factor - 1) / 2
        return self._holds((left + shift, top + shift, width, height))

    def passes_place(self, place: FaceRoi) -> bool:
        """Whether a face in this place is, by size and place alone."""
        return not self.limits_place or self._holds(roi_box(place))

    def _holds(self, box: Rectangle) -> bool:
        left, top, width, height = box
        if self.min_size is not None and max(width, height) < self.min_size:
            return False
        if self.roi is None:
            return True
        x, y, across, down = self.roi
        return x <= left + width / 2 < x + across and y <= top + height / 2 < y + down


def _rectangle(given: Any) -> Rectangle:
    told = f"roi must be left, top, width and height in px, the first two at least 0. Received: roi={shown(given)}"
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise UsageError(told)
    values = list(given)
    if len(values) != 4 or not all(is_real(value) and math.isfinite(value) for value in values):
        raise UsageError(told)
    left, top, width, height = map(float, values)
    if min(left, top) < 0 or min(width, height) <= 0 or max(left, top, width, height) > _MOST_PX:
        raise UsageError(told)
    return left, top, width, height
