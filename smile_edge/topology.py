"""The face points: names, groups, order in a mirror, and the linear readouts of other label sets.

Every record has the 70 points of `TOPOLOGY_70`: the 68 points of iBUG 300-W (Sagonas et al., 2013) in their order, then
the centres of both irises. Left and right are the subject's. A model may give fewer: its manifest names the topology,
and `Topology.indices` says which of the 70 its points are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray, IntArray

__all__ = ["FIVE_FLIP", "FIVE_POINTS", "POINTS", "TOPOLOGIES", "TOPOLOGY_49", "TOPOLOGY_70", "Topology"]

POINTS = 70
"""Points of a face in every record."""
FIVE_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
"""Names of the five detector points; `right_eye` is the subject's right, so image left on an upright face."""
FIVE_FLIP = (1, 0, 2, 4, 3)
"""`flip` of the five points."""

_GROUPS_70 = {
    "jaw": tuple(range(0, 17)),
    "right_brow": tuple(range(17, 22)),
    "left_brow": tuple(range(22, 27)),
    "nose_bridge": tuple(range(27, 31)),
    "nostrils": tuple(range(31, 36)),
    "right_eye": tuple(range(36, 42)),
    "left_eye": tuple(range(42, 48)),
    "outer_lip": tuple(range(48, 60)),
    "inner_lip": tuple(range(60, 68)),
    "right_iris": (68,),
    "left_iris": (69,),
}

_FLIP_70 = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46),
    *(39, 38, 37, 36, 41, 40),
    *range(54, 47, -1),
    *range(59, 54, -1),
    *range(64, 59, -1),
    *range(67, 64, -1),
    *(69, 68),
)

_READOUTS_70: dict[str, tuple[int, ...]] = {
    "right_eye": tuple(range(36, 42)),
    "left_eye": tuple(range(42, 48)),
    "nose": (30,),
    "mouth_right": (48,),
    "mouth_left": (54,),
    "mouth": (48, 51, 54, 57),
}

_INNER_49 = (*range(17, 60), 61, 62, 63, 65, 66, 67)
"""All but the jaw, the inner corners of the mouth and the irises."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Names and structure of a point set.

    Example:
        >>> TOPOLOGY_70.names[36], TOPOLOGY_70.groups["right_iris"]
        ('right_eye_0', (68,))
    """

    name: str
    """What a manifest calls it."""
    count: int
    flip: tuple[int, ...]
    """`flip[i]`: the index whose place in a mirror point `i` takes."""
    groups: Mapping[str, tuple[int, ...]]
    """Part of the face to its indices, in drawing order."""
    closed: frozenset[str]
    """Groups drawn as closed curves."""
    readouts: Mapping[str, tuple[int, ...]]
    """Derived point to the indices that it is the mean of."""
    indices: tuple[int, ...]
    """Which of the 70 points each point is."""
    _matrices: dict[tuple[str, ...], FloatArray] = field(default_factory=dict, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each point: that of its group and its place there; an iris is alone in its group."""
        return tuple(_NAMES_70[index] for index in self.indices)

    def readout_matrix(self, names: tuple[str, ...]) -> FloatArray:
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

    def five_points(self, points: npt.ArrayLike) -> FloatArray:
        """The five detector points (`FIVE_POINTS`) of `(..., count, 2)` points, as `(..., 5, 2)`.

        NaN only where one of the points that they are made of is.
        """
        given: FloatArray = np.asarray(points, np.float32)
        if self.count == POINTS:
            return TOPOLOGY_49.five_points(given[..., _INNER_INDEX, :])
        five: FloatArray = self.readout_matrix(FIVE_POINTS) @ given
        return five

    def mirrored(self, points: npt.ArrayLike, width: float) -> FloatArray:
        """Points `(..., count, 2)` px of the same face in the horizontally flipped image of `width` px."""
        flipped = np.array(points, np.float32)[..., list(self.flip), :]
        flipped[..., 0] = width - 1 - flipped[..., 0]
        return flipped

    def embed(self, values: npt.ArrayLike) -> FloatArray:
        """Values of these points among the 70: `(k, count, ...)` to `(k, 70, ...)`, NaN for points not here."""
        given: FloatArray = np.asarray(values, np.float32)
        if self.count == POINTS:
            return given
        full = np.full((len(given), POINTS, *given.shape[2:]), np.nan, np.float32)
        full[:, self._index] = given
        return full

    def pick(self, values: npt.ArrayLike) -> FloatArray:
        """The values of these points out of those of all 70: `(..., 70, d)` to `(..., count, d)`."""
        picked: FloatArray = np.asarray(values, np.float32)[..., self._index, :]
        return picked

    @property
    def _index(self) -> IntArray:
        return _INNER_INDEX if self.count == len(_INNER_49) else np.array(self.indices, np.intp)


_NAMES_70 = {
    index: group if len(indices) == 1 else f"{group}_{place}"
    for group, indices in _GROUPS_70.items()
    for place, index in enumerate(indices)
}
_INNER_INDEX = np.array(_INNER_49)
_PLACE_IN_49 = {index: place for place, index in enumerate(_INNER_49)}

TOPOLOGY_70 = Topology(
    name="ibug68-irises-70",
    count=POINTS,
    flip=_FLIP_70,
    groups=_GROUPS_70,
    closed=frozenset({"right_eye", "left_eye", "outer_lip", "inner_lip"}),
    readouts=_READOUTS_70,
    indices=tuple(range(POINTS)),
)
"""The points of every record."""

TOPOLOGY_49 = Topology(
    name="ibug68-without-jaw-49",
    count=len(_INNER_49),
    flip=tuple(_PLACE_IN_49[_FLIP_70[index]] for index in _INNER_49),
    groups={
        name: places
        for name, indices in _GROUPS_70.items()
        if (places := tuple(_PLACE_IN_49[index] for index in indices if index in _PLACE_IN_49))
    },
    closed=TOPOLOGY_70.closed,
    readouts={name: tuple(_PLACE_IN_49[index] for index in indices) for name, indices in _READOUTS_70.items()},
    indices=_INNER_49,
)
"""The 68 points without the jaw (0-16) and the inner corners of the mouth (60, 64)."""

TOPOLOGIES = {topology.name: topology for topology in (TOPOLOGY_49, TOPOLOGY_70)}
"""By the name in a manifest."""
