"""The cost of a predicted box."""

from keras import ops

__all__ = ["box_cost", "positive", "rarity"]

_SHAPE_WEIGHT = 0.15
_SMALL_PX = 8.0
_USUAL_SHAPE = 0.27
"""Logarithm of a usual box's height by its width."""


def box_cost(centre, size, target_centre, target_size):
    """IoU of boxes, and what a box costs: the DIoU loss (Zheng et al., 2020) plus a little for a wrong shape.

    Args:
        centre: `(..., 2)` px.
        size: `(..., 2)` px, positive.
        target_centre: `(..., 2)` px.
        target_size: `(..., 2)` px; below one px counts as one in the shape's cost.

    Returns:
        IoU and cost, `(...)` each.
    """
    low, high = centre - size / 2, centre + size / 2
    low_t, high_t = target_centre - target_size / 2, target_centre + target_size / 2
    inner = ops.maximum(ops.minimum(high, high_t) - ops.maximum(low, low_t), 0.0)
    outer = ops.maximum(high, high_t) - ops.minimum(low, low_t)
    shared = inner[..., 0] * inner[..., 1]
    union = size[..., 0] * size[..., 1] + target_size[..., 0] * target_size[..., 1] - shared
    overlap = shared / ops.maximum(union, 1e-6)
    apart = ops.sum(ops.square(centre - target_centre), -1) / ops.maximum(ops.sum(ops.square(outer), -1), 1e-6)
    shape = ops.sum(ops.abs(ops.log(size) - ops.log(ops.maximum(target_size, 1.0))), -1)
    return overlap, 1 - overlap + apart + _SHAPE_WEIGHT * shape


def positive(size):
    """Sizes `(...)` px of any sign, made positive: those under 8 px bend into an exponential, so that the gradient of a
    size that fell below zero still says which way is up."""
    return ops.where(size > _SMALL_PX, size, _SMALL_PX * ops.exp(ops.minimum(size, _SMALL_PX) / _SMALL_PX - 1))


def rarity(size):
    """How much a box of this size `(..., 2)` px counts, 1 to 4, the more its shape is unusual: the many others would
    draw narrow ones, those of profiles, and wide ones to the mean."""
    shape = ops.log(ops.maximum(size[..., 1], 1.0) / ops.maximum(size[..., 0], 1.0))
    return ops.exp(ops.minimum(2.0 * ops.abs(shape - _USUAL_SHAPE), 1.4))
