"""What the landmarker gives for a batch of faces."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from smile_edge.types import FloatArray

__all__ = ["LandmarkBatch"]


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkBatch:
    """Landmarks of `k` faces, in the order they were asked for."""

    points: FloatArray
    """`(k, 49, 2)` px of each face's own frame."""
    sigma: FloatArray
    """`(k, 49)` px: scale of the Laplace distribution of each point's error."""
    face: FloatArray
    """`(k,)` probability that the crop shows a face, 0..1."""
    box: FloatArray
    """`(k, 4)` left, top, width, height px: the whole face, forehead to chin."""

    def __len__(self) -> int:
        return len(self.points)

    def with_better(self, rows: Sequence[int], other: "LandmarkBatch") -> "LandmarkBatch":
        """A copy where `other[i]` stands in the row `rows[i]` if it is more of a face than what stood there."""
        better = np.flatnonzero(other.face > self.face[list(rows)])
        into = np.asarray(rows, np.intp)[better]
        copies = [getattr(self, field.name).copy() for field in fields(self)]
        for copy, field in zip(copies, fields(self), strict=True):
            copy[into] = getattr(other, field.name)[better]
        return LandmarkBatch(*copies)
