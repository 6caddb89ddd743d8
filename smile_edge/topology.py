"""The 49 face points: names, groups, flip order, and the linear readouts of other label sets.

The order is the 68-point order of iBUG 300-W (Sagonas et al., 2013) without the jaw (0-16) and the inner mouth
corners (60, 64). Left and right are the subject's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["FIVE_FLIP", "FIVE_POINTS", "TOPOLOGY_49", "Topology"]

FIVE_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
"""Names of the five detector points; `right_eye` is the subject's right, so image left on an upright face."""
FIVE_FLIP = (1, 0, 2, 4, 3)
"""`flip` of the five points."""

_FLIP_49 = (
    *range(9, -1, -1),
    *range(10, 14),
    *range(18, 13, -1),
    *(28, 27, 26, 25, 30, 29),
    *(22, 21, 20, 19, 24, 23),
    *range(37, 30, -1),
    *range(42, 37, -1),
    *(45, 44, 43),
    *(48, 47, 46),
)

_GROUPS_49 = {
    "right_brow": tuple(range(0, 5)),
    "left_brow": tuple(range(5, 10)),
    "nose_bridge": tuple(range(10, 14)),
    "nostrils": tuple(range(14, 19)),
    "right_eye": tuple(range(19, 25)),
    "left_eye": tuple(range(25, 31)),
    "outer_lip": tuple(range(31, 43)),
    "inner_lip": tuple(range(43, 49)),
}

_READOUTS_49: dict[str, tuple[int, ...]] = {
    "right_eye": tuple(range(19, 25)),
    "left_eye": tuple(range(25, 31)),
    "nose": (13,),
    "mouth_right": (31,),
    "mouth_left": (37,),
    "mouth": (31, 34, 37, 40),
}


@dataclass(frozen=True, slots=True)
class Topology:
    """Names and structure of a point set.

    `flip[i]` is the index whose mirrored position point `i` takes in a horizontally flipped image; `groups` maps a
    facial part to its indices in drawing order; `closed` names the groups drawn as closed curves; `readouts` maps a
    derived point to the indices it is the mean of.
    """

    name: str
    count: int
    flip: tuple[int, ...]
    groups: Mapping[str, tuple[int, ...]]
    closed: frozenset[str]
    readouts: Mapping[str, tuple[int, ...]]
    _matrices: dict[tuple[str, ...], npt.NDArray[np.float32]] = field(default_factory=dict, compare=False, repr=False)

    def readout_matrix(self, names: tuple[str, ...]) -> npt.NDArray[np.float32]:
        """The matrix that turns this point set into the named derived points.

        Returns:
            Array of shape `(len(names), count)`; each row sums to one.

        Raises:
            KeyError: a name is not one of `readouts`.
        """
        if names not in self._matrices:
            matrix = np.zeros((len(names), self.count), np.float32)
            for row, name in enumerate(names):
                indices = self.readouts[name]
                matrix[row, list(indices)] = 1.0 / len(indices)
            self._matrices[names] = matrix
        return self._matrices[names]

    def five_points(self, points: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """The five detector points (`FIVE_POINTS`) of `(..., 49, 2)` points, as `(..., 5, 2)`."""
        return (self.readout_matrix(FIVE_POINTS) @ np.asarray(points, np.float32)).astype(np.float32, copy=False)

    def mirrored(self, points: npt.ArrayLike, width: float) -> npt.NDArray[np.float32]:
        """Points `(..., count, 2)` px of the same face in the horizontally flipped image of `width` px."""
        flipped = np.array(points, np.float32)[..., list(self.flip), :]
        flipped[..., 0] = width - 1 - flipped[..., 0]
        return flipped


TOPOLOGY_49 = Topology(
    name="ibug68-without-jaw-49",
    count=49,
    flip=_FLIP_49,
    groups=_GROUPS_49,
    closed=frozenset({"right_eye", "left_eye", "outer_lip", "inner_lip"}),
    readouts=_READOUTS_49,
)
