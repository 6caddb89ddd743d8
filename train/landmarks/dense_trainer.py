"""Training of the landmarker of 70 points: points and sigma, what is covered, expression, face and box."""

import keras
import numpy as np
from keras import ops

from smile_edge.topology import FIVE_POINTS, TOPOLOGY_70
from train.data.crop_cache import CROP_PX
from train.losses.box import box_cost, positive
from train.losses.expression import expression_loss
from train.losses.points import binary_cross_entropy

__all__ = ["READOUT_75", "DenseTrainer"]

READOUT_75 = np.concatenate([np.eye(70, dtype=np.float32), TOPOLOGY_70.readout_matrix(FIVE_POINTS)])
"""`(75, 70)`: the labels, people's five among them, as linear readouts of the 70 points."""
UNIT_PX = 0.02 * CROP_PX
"""The error that counts as one in the loss: 2 % of the crop."""
L1_WEIGHT = 0.5
VISIBLE_WEIGHT, EXPRESSION_WEIGHT, FACE_WEIGHT, BOX_WEIGHT = 0.5, 1.0, 2.0, 1.0
LEAST_DEVIATION = 0.03
"""Standard deviation of a coefficient, 0..1, that rarer ones are taken to have: their noise is as large."""
STILL_DEVIATION, STILL_WEIGHT = 0.015, 0.05
"""Coefficients that vary less than the first are kept near their mean by the second, a small weight."""


class DenseTrainer(keras.Model):
    """The network with its loss.

    Args:
        network: from `build_dense_landmarker`.
        deviation: `(51,)` standard deviation of each expression coefficient over the training faces.
    """

    def __init__(self, network: keras.Model, deviation: np.ndarray) -> None:
        super().__init__()
        self.network = network
        self.readout = ops.convert_to_tensor(READOUT_75)
        self.deviation = ops.convert_to_tensor(np.maximum(deviation, LEAST_DEVIATION).astype(np.float32))
        moving = np.where(deviation < STILL_DEVIATION, STILL_WEIGHT, 1.0).astype(np.float32)
        self.expression_weights = ops.convert_to_tensor(moving)
        names = ("points", "error", "visible", "expression", "face", "box")
        self.means = {name: keras.metrics.Mean(f"{name}_loss") for name in names}

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        points = ops.matmul(self.readout, y_pred["points"])  # (n, 75, 2) px
        sigma = ops.matmul(y_pred["sigma"], ops.transpose(self.readout)) / UNIT_PX  # (n, 75) units
        weights = y["targets"][..., 2]
        error = ops.sum(ops.abs(points - y["targets"][..., :2]), -1) / UNIT_PX
        cost = error / sigma + 2 * ops.log(sigma) + L1_WEIGHT * error
        seen = ops.cast(y["visible"] >= 0, "float32")
        visible = binary_cross_entropy(y_pred["visible"], ops.maximum(y["visible"], 0.0))
        expression = expression_loss(y_pred["expression"], y["expression"], self.deviation, self.expression_weights)
        known = ops.cast(y["face"] >= 0, "float32")
        face = binary_cross_entropy(y_pred["face"][:, 0], ops.maximum(y["face"], 0.0))
        box, target = y_pred["box"], y["box"]
        size = positive(box[:, 2:])
        boxes = box_cost(box[:, :2] + box[:, 2:] / 2, size, target[:, :2] + target[:, 2:] / 2, target[:, 2:])[1]
        losses = {
            "points": _mean(cost, weights),
            "error": _mean(error, weights),
            "visible": _mean(visible, seen),
            "expression": _mean(expression, y["expressed"]),
            "face": _mean(face, known),
            "box": _mean(boxes, y["boxed"]),
        }
        for name, value in losses.items():
            self.means[name].update_state(value)
        return (
            losses["points"]
            + VISIBLE_WEIGHT * losses["visible"]
            + EXPRESSION_WEIGHT * losses["expression"]
            + FACE_WEIGHT * losses["face"]
            + BOX_WEIGHT * losses["box"]
        )


def _mean(cost, weights):
    """The mean of costs over a batch by their weights; 0 where nothing weighs."""
    return ops.sum(cost * weights) / ops.maximum(ops.sum(weights), 1.0)
