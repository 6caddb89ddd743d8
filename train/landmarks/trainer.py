"""Training of the landmarker: every label set through its readout, faces and non-faces in one batch."""

import keras
from keras import ops

from train.data.crop_cache import CROP_PX
from train.data.samples import readout_of
from train.losses.box import box_cost, positive
from train.losses.points import binary_cross_entropy, laplace_points_loss

__all__ = ["LandmarkTrainer"]

UNIT_PX = 0.02 * CROP_PX
"""The error that counts as one in the loss: 2 % of the crop."""
FACE_WEIGHT, BOX_WEIGHT, TAUGHT_WEIGHT = 2.0, 1.0, 1.0


class LandmarkTrainer(keras.Model):
    """The landmarker with its loss: likelihood of points and sigma, distance to a teacher's points, face logit's
    cross-entropy, box's IoU."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network
        readout = readout_of(network.output["points"].shape[1])
        self.readout = ops.convert_to_tensor(readout)  # (51, k)
        self.points_metric = keras.metrics.Mean("points_loss")
        self.taught_metric = keras.metrics.Mean("taught_loss")
        self.face_metric = keras.metrics.Mean("face_loss")
        self.box_metric = keras.metrics.Mean("box_loss")

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        points = ops.matmul(self.readout, y_pred["points"])  # (n, 51, 2) px
        sigma = ops.matmul(y_pred["sigma"], ops.transpose(self.readout))  # (n, 51) px
        targets, weights = y["targets"][..., :2], y["targets"][..., 2]
        per_face = laplace_points_loss(points, sigma, targets, weights, UNIT_PX)
        labelled = ops.cast(ops.any(weights > 0, -1), "float32")
        points_loss = ops.sum(per_face * labelled) / ops.maximum(ops.sum(labelled), 1.0)
        taught = y["taught"]
        distance = ops.sum(ops.abs(points[:, :49] - taught[..., :2]), -1) / UNIT_PX
        taught_loss = ops.sum(distance * taught[..., 2]) / ops.maximum(ops.sum(taught[..., 2]), 1.0)
        known = ops.cast(y["face"] >= 0, "float32")
        face_cost = binary_cross_entropy(y_pred["face"][:, 0], ops.maximum(y["face"], 0.0)) * known
        face_loss = ops.sum(face_cost) / ops.maximum(ops.sum(known), 1.0)
        box, target = y_pred["box"], y["box"]
        size = positive(box[:, 2:])
        cost = box_cost(box[:, :2] + box[:, 2:] / 2, size, target[:, :2] + target[:, 2:] / 2, target[:, 2:])[1]
        box_loss = ops.sum(cost * y["boxed"]) / ops.maximum(ops.sum(y["boxed"]), 1.0)
        self.points_metric.update_state(points_loss)
        self.taught_metric.update_state(taught_loss)
        self.face_metric.update_state(face_loss)
        self.box_metric.update_state(box_loss)
        return points_loss + TAUGHT_WEIGHT * taught_loss + FACE_WEIGHT * face_loss + BOX_WEIGHT * box_loss
