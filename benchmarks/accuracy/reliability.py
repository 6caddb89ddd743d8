"""Whether sigma tells the truth: errors counted in sigmas, held against the Laplace distribution it stands for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from smile_edge.geometry.face_roi import face_roi
from train.evaluation.metrics import LOST_PERCENT, convention_offset, five_point_error, laplace_share_within

__all__ = ["MULTIPLES", "reliability"]

MULTIPLES = np.arange(0, 4.01, 0.1)
"""Sigmas at which the share of errors is kept."""
_GROUPS = 10


def reliability(points: Sequence[np.ndarray | None], sigma: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Errors of x and of y against the sigma given for them, over the faces that were found.

    A label convention other than that of the training labels (an eye's centre may be the pupil, or the middle of the
    lids) moves a point by the same on every face, which no sigma learned from those labels can know. So each share is
    given twice: of the errors as they are, and of the errors with `convention_offset` (`train.evaluation.metrics`)
    taken off, as in `nmec`.

    Args:
        points: `(5, 2)` px of each face, None where it was missed.
        sigma: `(n, 5)` px.
        truth: `(n, 5, 2)` px.

    Returns:
        Shares of errors in % `within_1` and `within_2` sigma, the same `_corrected`, and what Laplace would have;
        `shares` and `shares_corrected` at each of `MULTIPLES`; `groups`: from the most to the least certain tenth, mean
        sigma and mean error as it is in % of face size.
    """
    rows = [row for row, five in enumerate(points) if five is not None and _found(five, truth[row])]
    if not rows:
        return {"errors": 0}
    found = np.stack([np.asarray(points[row], np.float64) for row in rows])
    spread = np.repeat(sigma[rows][..., None], 2, -1)  # (k, 5, 2) px
    error = np.abs(found - truth[rows])  # (k, 5, 2) px
    corrected = np.abs(found - convention_offset(found, truth[rows]) - truth[rows])
    result: dict[str, Any] = {"errors": error.size}
    for ending, errors in (("", error), ("_corrected", corrected)):
        ratio = (errors / np.maximum(spread, 1e-9)).ravel()
        shares = np.searchsorted(np.sort(ratio), MULTIPLES, side="right") / len(ratio)
        result[f"shares{ending}"] = np.round(100 * shares, 2).tolist()
        for multiple in (1, 2):
            result[f"within_{multiple}{ending}"] = round(float(100 * (ratio <= multiple).mean()), 2)
    for multiple in (1, 2):
        result[f"laplace_{multiple}"] = round(100 * laplace_share_within(multiple), 2)
    result["groups"] = _groups(error, spread, found)
    return result


def _found(five: np.ndarray, truth: np.ndarray) -> bool:
    return bool(five_point_error(five, truth) < LOST_PERCENT)


def _groups(error: np.ndarray, spread: np.ndarray, points: np.ndarray) -> list[list[float]]:
    """`[mean sigma, mean error]` in % of the face size, of each tenth of the points by sigma."""
    size = face_roi(points)[1][:, None, None] / 100
    error, spread = (error / size).ravel(), (spread / size).ravel()
    order = np.argsort(spread, kind="stable")
    return [
        [round(float(spread[part].mean()), 3), round(float(error[part].mean()), 3)]
        for part in np.array_split(order, _GROUPS)
        if len(part)
    ]
