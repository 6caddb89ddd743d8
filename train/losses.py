"""Losses of the landmarker and the detector, written with `keras.ops` so that any backend runs them."""

from keras import ops

__all__ = ["binary_cross_entropy", "laplace_points_loss"]


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
