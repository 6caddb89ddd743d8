"""Losses of the landmarker and the detector, written with `keras.ops` so that any backend runs them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

__all__ = [
    "POINT_LOSSES",
    "PointLoss",
    "binary_cross_entropy",
    "huber_points_loss",
    "laplace_points_loss",
    "mse_points_loss",
    "wing_points_loss",
]


def laplace_points_loss(points, sigma, targets, weights, unit_px: float, l1_weight: float = 0.5):
    """Negative log-likelihood of the labels under a Laplace distribution around each point, plus a plain L1 term.

    With `e = (|dx| + |dy|) / unit`, a point costs `e / s + 2 log s + l1_weight * e`, where `s` is its sigma in units:
    the likelihood lets the network say where it is unsure, the plain term keeps hard faces in the gradient.

    Args:
        points: `(n, k, 2)` px.
        sigma: `(n, k)` px.
        targets: `(n, k, 2)` px; anything finite where the weight is 0.
        weights: `(n, k)`, 0 where the label is missing.
        unit_px: the error that counts as one.
        l1_weight: weight of the plain term.

    Returns:
        `(n,)`: mean over the labelled points of each face, 0 for a face without labels.
    """
    error = ops.sum(ops.abs(points - targets), -1) / unit_px
    scale = sigma / unit_px
    cost = error / scale + 2 * ops.log(scale) + l1_weight * error
    return ops.sum(cost * weights, -1) / ops.maximum(ops.sum(weights, -1), 1.0)


def binary_cross_entropy(logits, targets):
    """Element-wise cross-entropy of logits with targets in 0..1, stable for large logits."""
    return ops.maximum(logits, 0) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))


def mse_points_loss(points, targets, weights, unit_px: float = 1.0):
    """Mean square of the coordinate errors: shapes as in `laplace_points_loss`."""
    return _mean_over_labels(ops.square((points - targets) / unit_px), weights)


def huber_points_loss(points, targets, weights, delta_px: float = 2.0):
    """Squares up to `delta_px`, a straight line beyond (Huber, 1964): outliers pull with a bounded force."""
    error = ops.abs(points - targets)
    inside = ops.minimum(error, delta_px)
    return _mean_over_labels(inside * (error - 0.5 * inside), weights)


def wing_points_loss(points, targets, weights, width_px: float = 10.0, curvature_px: float = 2.0):
    """Wing loss (Feng et al., CVPR 2018): a logarithm up to `width_px`, so that small errors keep their pull."""
    error = ops.abs(points - targets)
    # Clipped first, so that the branch which is not taken has a finite gradient too.
    inside = width_px * ops.log1p(ops.minimum(error, width_px) / curvature_px)
    step = width_px - width_px * math.log1p(width_px / curvature_px)
    return _mean_over_labels(ops.where(error < width_px, inside, error - step), weights)


def _mean_over_labels(cost, weights):
    """Costs `(n, k, 2)` of the axes to `(n,)`: the mean over labelled points, 0 for a face without labels."""
    return ops.sum(ops.mean(cost, -1) * weights, -1) / ops.maximum(ops.sum(weights, -1), 1.0)


@dataclass(frozen=True, slots=True)
class PointLoss:
    """A loss of points, chosen by name."""

    compute: Callable[..., Any]
    """From `points (n, k, 2)` px, `sigma (n, k)` px, `targets (n, k, 2)` px and `weights (n, k)` to `(n,)`."""
    learns_sigma: bool = False
    """Whether sigma matters: a network of points alone then learns one sigma a point beside its weights."""


def _without_sigma(loss: Callable[..., Any]) -> PointLoss:
    return PointLoss(lambda points, sigma, targets, weights: loss(points, targets, weights))


POINT_LOSSES: Mapping[str, PointLoss] = {
    "mse": _without_sigma(mse_points_loss),
    "huber": _without_sigma(huber_points_loss),
    "wing": _without_sigma(wing_points_loss),
    "laplace": PointLoss(
        lambda points, sigma, targets, weights: laplace_points_loss(points, sigma, targets, weights, 1.0, 0.0), True
    ),
}
