"""The faces of one canvas: boxes, points, and how much of each is hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Instances", "hidden_share"]


@dataclass(slots=True)
class Instances:
    """Instances of one canvas."""

    boxes: np.ndarray
    """`(n, 4)` xywh px."""
    points: np.ndarray
    """`(n, 5, 2)` px, NaN where unknown."""
    angle: np.ndarray
    """`(n,)` rad."""
    angle_weight: np.ndarray
    """`(n,)`: 1 where the points say it, less where the face was only assumed to be upright in its picture."""
    ignore: np.ndarray
    """`(n,)`."""

    @classmethod
    def join(cls, parts: Sequence["Instances"]) -> "Instances":
        """All faces of several pieces."""
        names = ("boxes", "points", "angle", "angle_weight", "ignore")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def only(self, chosen: np.ndarray) -> "Instances":
        """Those faces that a mask `(n,)` names."""
        names = ("boxes", "points", "angle", "angle_weight", "ignore")
        return Instances(*(getattr(self, name)[chosen] for name in names))

    def countable(self, smallest_px: float) -> np.ndarray:
        """Indices of the faces that count and are at least so large."""
        return np.flatnonzero(~self.ignore & (np.sqrt(self.boxes[:, 2:].prod(1)) >= smallest_px))


def hidden_share(box: np.ndarray, inside: np.ndarray) -> float:
    """How much of a box `(4,)` xywh px a mask `(h, w)` covers, 0..1."""
    first = np.rint(box[:2]).astype(int)
    last = np.maximum(np.rint(box[:2] + box[2:]).astype(int), first + 1)
    low, high = np.maximum(first, 0), np.maximum(last, 0)
    return float(inside[low[1] : high[1], low[0] : high[0]].sum() / (last - first).prod())
