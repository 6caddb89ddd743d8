"""Whether sigma tells the truth: errors counted in sigmas, held against the Laplace distribution it stands for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from smile_edge.geometry import face_frame
from train.metrics import LOST_PERCENT, five_point_error, laplace_share_within

__all__ = ["MULTIPLES", "reliability"]

MULTIPLES = np.arange(0, 4.01, 0.1)
"""Sigmas at which the share of errors is kept."""
_GROUPS = 10


def reliability(points: Sequence[np.ndarray | None], sigma: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Errors of x and of y against the sigma given for them, over the faces that were found.

    Args:
        points: `(5, 2)` px of each face, None where it was missed.
        sigma: `(n, 5)` px.
        truth: `(n, 5, 2)` px.

    Returns:
        Shares of errors in % `within_1` and `within_2` sigma, beside what Laplace would have; `shares` at each of
        `MULTIPLES`; `groups`: from the most to the least certain tenth, mean sigma and mean error in % of face size.
    """
    rows = [row for row, five in enumerate(points) if five is not None and _found(five, truth[row])]
    if not rows:
        return {"errors": 0}
    found = np.stack([np.asarray(points[row], np.float64) for row in rows])
    error = np.abs(found - truth[rows])  # (k, 5, 2) px
    spread = np.repeat(sigma[rows][..., None], 2, -1)  # (k, 5, 2) px
    ratio = np.sort((error / np.maximum(spread, 1e-9)).ravel())
    shares = 100 * np.searchsorted(ratio, MULTIPLES, side="right") / len(ratio)
    result: dict[str, Any] = {"errors": len(ratio), "shares": np.round(shares, 2).tolist()}
    for multiple in (1, 2):
        result[f"within_{multiple}"] = round(float(100 * (ratio <= multiple).mean()), 2)
        result[f"laplace_{multiple}"] = round(100 * laplace_share_within(multiple), 2)
    result["groups"] = _groups(error, spread, found)
    return result


def _found(five: np.ndarray, truth: np.ndarray) -> bool:
    return bool(five_point_error(five, truth) < LOST_PERCENT)


def _groups(error: np.ndarray, spread: np.ndarray, points: np.ndarray) -> list[list[float]]:
    """`[mean sigma, mean error]` in % of the face size, of each tenth of the points by sigma."""
    size = face_frame(points)[1][:, None, None] / 100
    error, spread = (error / size).ravel(), (spread / size).ravel()
    order = np.argsort(spread, kind="stable")
    return [
        [round(float(spread[part].mean()), 3), round(float(error[part].mean()), 3)]
        for part in np.array_split(order, _GROUPS)
        if len(part)
    ]
