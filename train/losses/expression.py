"""The loss of expression coefficients."""

from keras import ops

__all__ = ["expression_loss"]


def expression_loss(logits, targets, deviation, weights, delta: float = 2.0):
    """Huber loss of coefficients in units of how much each one varies over faces, so that rare ones count as much.

    Args:
        logits: `(n, k)`; a sigmoid makes coefficients of them.
        targets: `(n, k)` 0..1.
        deviation: `(k,)` standard deviation of each coefficient.
        weights: `(k,)` what each coefficient counts.
        delta: deviations beyond which the loss goes on as a straight line.

    Returns:
        `(n,)`: weighted mean over the coefficients.
    """
    error = ops.abs(ops.sigmoid(logits) - targets) / deviation
    inside = ops.minimum(error, delta)
    return ops.sum(inside * (2 * error - inside) * weights, -1) / ops.sum(weights)
