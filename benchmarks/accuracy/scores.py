"""Five-point scores of any system: also of one that does not give all five points."""

from collections.abc import Sequence

import numpy as np

from train.evaluation.metrics import FAIL_PERCENT, LOST_PERCENT, FiveScore, five_point_error, score_five_points

__all__ = ["CURVE_PERCENT", "error_curve", "nearest", "score_given_points"]

CURVE_PERCENT = np.arange(0, 15.01, 0.25)
"""Errors at which the cumulative curve is kept, %."""


def nearest(candidates: np.ndarray, truth: np.ndarray) -> int | None:
    """The index of the face that is meant: of `(k, 5, 2)` px the one with the smallest error; None where k is 0."""
    if not len(candidates):
        return None
    filled, share = _filled(candidates, truth)
    return int(np.argmin(five_point_error(filled, np.broadcast_to(truth, filled.shape)) / share))


def score_given_points(predicted: Sequence[np.ndarray | None], truth: np.ndarray) -> tuple[FiveScore, np.ndarray, int]:
    """`train.evaluation.metrics.score_five_points` over the points that a system gives.

    A point that it never gives (BlazeFace has no mouth corners) takes the place of its label, and the errors are
    scaled up by the share of points given: they are then the mean over those points alone.

    Args:
        predicted: `(5, 2)` px for each face, NaN for a point that the system does not give; None for a missed face.
        truth: `(n, 5, 2)` px.

    Returns:
        The scores, the corrected error of each face in % (NaN where it was missed), and how many points were given.
    """
    shares = [float(np.isfinite(points).all(-1).mean()) for points in predicted if points is not None]
    share = max(shares, default=1.0)
    filled: list[np.ndarray | None] = []
    for points, label in zip(predicted, truth, strict=True):
        full = None if points is None else _filled(points, label)[0]
        lost = full is None or float(five_point_error(full, label)) / share >= LOST_PERCENT
        filled.append(None if lost else full)
    score, corrected = score_five_points(filled, truth)
    corrected = corrected / share
    failed = ~(corrected <= FAIL_PERCENT)  # NaN, a missed face, fails
    score = FiveScore(score.recall, score.nme / share, score.nmec / share, float(100 * failed.mean()))
    return score, corrected, round(share * truth.shape[1])


def error_curve(errors: np.ndarray) -> list[float]:
    """Share of all faces, in %, with an error up to each of `CURVE_PERCENT`; a missed face (NaN) is never reached."""
    found = np.sort(errors[np.isfinite(errors)])
    return [round(float(100 * n / len(errors)), 2) for n in np.searchsorted(found, CURVE_PERCENT, side="right")]


def _filled(points: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points `(..., 5, 2)` with labels where they are NaN, and the share that was given `(...)`."""
    given = np.isfinite(points).all(-1)
    return np.where(given[..., None], points, truth), np.maximum(given.mean(-1), 1e-6)
