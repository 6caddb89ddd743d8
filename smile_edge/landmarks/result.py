"""What the landmarker gives for a batch of faces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
    visible: FloatArray | None = None
    """`(k, n)` probability that nothing covers each point, 0..1; None from a model that does not give it."""
    expression: FloatArray | None = None
    """`(k, 51)` coefficients `measures.expression.LEARNT`, 0..1; None from a model that does not give them."""

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def concatenate(cls, batches: Iterable["LandmarkBatch"]) -> "LandmarkBatch":
        """The faces of at least one batch after those of another."""
        parts = list(batches)
        if len(parts) == 1:
            return parts[0]
        return _batch(map(_joined, zip(*map(_columns, parts), strict=True)))

    def rows(self, chosen: slice | IntArray) -> "LandmarkBatch":
        """Some of the faces, in the order of `chosen`."""
        return _batch(None if column is None else column[chosen] for column in _columns(self))

    def mean(self, other: "LandmarkBatch", sigma_factor: float = 1.0) -> "LandmarkBatch":
        """The mean of two looks at the same faces, whose errors are `sigma_factor` of either's."""
        pairs = zip(_columns(self), _columns(other), strict=True)
        batch = _batch(None if mine is None or theirs is None else (mine + theirs) / 2 for mine, theirs in pairs)
        return replace(batch, sigma=batch.sigma * np.float32(sigma_factor))

    def with_rows(self, rows: Sequence[int], other: "LandmarkBatch") -> "LandmarkBatch":
        """A copy where `other[i]` stands in the row `rows[i]`."""
        into, every = np.asarray(rows, np.intp), np.arange(len(other))
        pairs = zip(_columns(self), _columns(other), strict=True)
        return _batch(_replaced(mine, into, theirs, every) for mine, theirs in pairs)

    def with_better(self, rows: Sequence[int], other: "LandmarkBatch") -> "LandmarkBatch":
        """A copy where `other[i]` stands in the row `rows[i]` if it is more of a face than what stood there."""
        better = np.flatnonzero(other.presence > self.presence[list(rows)])
        into = np.asarray(rows, np.intp)[better]
        pairs = zip(_columns(self), _columns(other), strict=True)
        return _batch(_replaced(mine, into, theirs, better) for mine, theirs in pairs)


def _batch(columns: Iterable[Any]) -> LandmarkBatch:
    return LandmarkBatch(*columns)


def _columns(batch: LandmarkBatch) -> tuple[Any, ...]:
    """The arrays in their order; the last ones may be None."""
    return batch.points, batch.sigma, batch.presence, batch.box, batch.visible, batch.expression


def _joined(parts: Sequence[FloatArray | None]) -> FloatArray | None:
    """The rows of all parts; None where one has none."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _replaced(mine: FloatArray | None, into: IntArray, theirs: FloatArray | None, rows: IntArray) -> FloatArray | None:
    """A copy of my rows, those at `into` replaced by theirs; None where either has none."""
    if mine is None or theirs is None:
        return None
    copy = mine.copy()
    copy[into] = theirs[rows]
    return copy
