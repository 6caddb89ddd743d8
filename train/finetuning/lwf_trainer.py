"""Fine-tuning that keeps what it does not teach: whatever a label does not say is held to the network it began from."""

import keras
import numpy as np
from keras import ops

from train.data.samples import readout_of
from train.landmarks.trainer import UNIT_PX, LandmarkTrainer
from train.losses.points import binary_cross_entropy

__all__ = [
    "LwfTrainer",
    "bernoulli_divergence",
    "freeze_statistics",
    "held_points",
    "laplace_divergence",
    "points_of_eyes",
]

IRISES = (68, 69)
"""Of a network of 70 points: they go with the centres of their eyes."""


class LwfTrainer(LandmarkTrainer):
    """The landmarker's loss, plus the divergence from a teacher on the same crop wherever no label decides.

    The teacher is the network before fine-tuning. Points and sigma without a label, the box where there is none, the
    face logit, and visibility and expression where the network gives them are held to its outputs (learning without
    forgetting: Li and Hoiem, 2016).

    Args:
        network: the landmarker being trained.
        teacher: the landmarker it began from; never changed.
        keep: weight of the divergence.
        teach_face: whether the data holds crops without a face; if not, the face logit is the teacher's alone, since
            faces alone would only teach it to say yes.
    """

    def __init__(self, network: keras.Model, teacher: keras.Model, keep: float, teach_face: bool) -> None:
        super().__init__(network)
        teacher.trainable = False
        self.teacher, self.keep, self.teach_face = teacher, keep, teach_face
        self.eyes = ops.convert_to_tensor(points_of_eyes(network.output["points"].shape[1]))
        self.keep_metric = keras.metrics.Mean("keep_loss")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        labels = y if self.teach_face else {**y, "face": -ops.ones_like(y["face"])}
        loss = super().compute_loss(x, labels, y_pred, sample_weight, training)
        before = {name: ops.stop_gradient(value) for name, value in self.teacher(x, training=False).items()}
        points, free = held_points(before["points"], y["targets"], self.eyes, self.readout)
        apart = laplace_divergence(points, before["sigma"], y_pred["points"], y_pred["sigma"])  # (n, k)
        points_loss = ops.sum(apart * free) / ops.maximum(ops.sum(free), 1.0)
        face_loss = ops.mean(bernoulli_divergence(before["face"], y_pred["face"]))
        corners = laplace_divergence(_corners(before["box"]), UNIT_PX, _corners(y_pred["box"]), UNIT_PX)  # (n, 2)
        box_loss = ops.mean(ops.mean(corners, -1) * (1 - y["boxed"]))
        keep_loss = points_loss + face_loss + box_loss
        for name in {"visible", "expression"} & set(before):
            keep_loss = keep_loss + ops.mean(bernoulli_divergence(before[name], y_pred[name]))
        self.keep_metric.update_state(keep_loss)
        return loss + self.keep * keep_loss


def points_of_eyes(points: int):
    """`(points, 2)`: 1 where a point of a network is one of the right, of the left eye: they go with its centre."""
    eyes = (readout_of(points)[49:].T > 0).astype("float32")
    if points > IRISES[1]:
        eyes[list(IRISES)] = np.eye(2)
    return eyes


def held_points(teacher_points, targets, eyes, readout):
    """Where the points without a label of their own are held, and which those are.

    The six points of an eye whose centre is labelled go with the centre: the teacher's eye, moved onto the label.

    Args:
        teacher_points: `(n, k, 2)` px.
        targets: `(n, 51, 3)` px and weights.
        eyes: `(k, 2)`, see `points_of_eyes`.
        readout: `(51, k)`.

    Returns:
        `(n, k, 2)` px and `(n, k)`, 1 for a point without a label of its own.
    """
    weights = ops.cast(targets[..., 2:] > 0, "float32")  # (n, 51, 1)
    centres = ops.matmul(readout[49:], teacher_points)  # (n, 2, 2)
    shift = ops.matmul(eyes, (targets[:, 49:, :2] - centres) * weights[:, 49:])  # (n, k, 2)
    return teacher_points + shift, 1 - ops.matmul(weights[:, :49, 0], readout[:49])


def _corners(box):
    """Boxes `(n, 4)` left, top, width, height to their corners `(n, 2, 2)`."""
    return ops.stack([box[:, :2], box[:, :2] + box[:, 2:]], 1)


def freeze_statistics(network: keras.Model) -> None:
    """Batch normalisation as it is: the statistics of a few hundred faces are worse than those it was trained with."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def laplace_divergence(points, sigma, other_points, other_sigma):
    """Kullback-Leibler divergence of Laplace distributions, summed over x and y: near the points it grows as a square,
    far from them as the distance, and both in units of sigma (Meyer, CVPR 2021).

    Args:
        points: `(n, k, 2)` px, centres of the distribution that is the reference.
        sigma: `(n, k)` px, its scale, or one number.
        other_points: `(n, k, 2)` px.
        other_sigma: `(n, k)` px, or one number.

    Returns:
        `(n, k)`, 0 where the two are the same.
    """
    apart = ops.abs(points - other_points)
    scale, other = ops.expand_dims(sigma, -1), ops.expand_dims(other_sigma, -1)
    return ops.sum(ops.log(other / scale) + (scale * ops.exp(-apart / scale) + apart) / other - 1, -1)


def bernoulli_divergence(logits, other_logits):
    """Kullback-Leibler divergence of yes-or-no distributions given as logits, element by element; `logits` is the
    reference."""
    probability = ops.sigmoid(logits)
    return binary_cross_entropy(other_logits, probability) - binary_cross_entropy(logits, probability)
