"""What the landmarker gives for a batch of faces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from smile_edge.types import FloatArray, IntArray

__all__ = ["LandmarkBatch"]


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkBatch:
    """Landmarks of `k` faces, in the order they were asked for."""

    points: FloatArray
    """`(k, n, 2)` px of each face's own frame, the points of the model's topology."""
    sigma: FloatArray
    """`(k, n)` px: scale of the Laplace distribution of each point's error."""
    presence: FloatArray
    """`(k,)` probability that the crop shows a face, 0..1."""
    box: FloatArray
    """`(k, 4)` left, top, width, height px: the whole face, forehead to chin."""

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def concatenate(cls, batches: Iterable["LandmarkBatch"]) -> "LandmarkBatch":
        """The faces of at least one batch after those of another."""
        parts = list(batches)
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))

    def rows(self, chosen: slice | IntArray) -> "LandmarkBatch":
        """Some of the faces, in the order of `chosen`."""
        return LandmarkBatch(*(column[chosen] for column in _columns(self)))

    def with_better(self, rows: Sequence[int], other: "LandmarkBatch") -> "LandmarkBatch":
        """A copy where `other[i]` stands in the row `rows[i]` if it is more of a face than what stood there."""
        better = np.flatnonzero(other.presence > self.presence[list(rows)])
        into = np.asarray(rows, np.intp)[better]
        copies = [column.copy() for column in _columns(self)]
        for copy, column in zip(copies, _columns(other), strict=True):
            copy[into] = column[better]
        return LandmarkBatch(*copies)


def _columns(batch: LandmarkBatch) -> tuple[FloatArray, ...]:
    return batch.points, batch.sigma, batch.presence, batch.box
