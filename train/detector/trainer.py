"""Training of the detector: mosaics in, quality focal loss, DIoU, points in the face's own frame, angle bins."""

import math

import keras
from keras import ops

from smile_edge.detection.decoding import ANGLE_BINS
from train.detector.target_assignment import COLUMNS, Cells
from train.losses.box import box_cost, rarity
from train.losses.points import binary_cross_entropy
from train.networks.detector import STRIDES

__all__ = ["DetectorTrainer"]

SCORE_WEIGHT, BOX_WEIGHT, POINTS_WEIGHT, ANGLE_WEIGHT = 4.0, 1.5, 1.0, 0.5


class DetectorTrainer(keras.Model):
    """The detector with its loss over all cells of all levels."""

    def __init__(self, network: keras.Model, canvas_px: int) -> None:
        super().__init__()
        self.network = network
        cells = Cells.of(canvas_px, canvas_px)
        self.centres, self.cell_px = ops.convert_to_tensor(cells.centres), ops.convert_to_tensor(cells.strides)
        names = ("score_loss", "box_loss", "points_loss", "angle_loss")
        self.parts = [keras.metrics.Mean(name) for name in names]

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        levels = [y_pred[f"level{stride}"] for stride in STRIDES]
        cells = ops.concatenate([ops.reshape(v, (-1, v.shape[1] * v.shape[2], v.shape[3])) for v in levels], 1)
        target = {name: y["cells"][..., columns] for name, columns in COLUMNS.items()}
        positive = target["positive"][..., 0]
        count = ops.maximum(ops.sum(positive), 1.0)

        centre = self.centres + cells[..., 1:3] * self.cell_px
        size = ops.exp(ops.clip(cells[..., 3:5], -4.0, 5.0)) * self.cell_px
        overlap, cost = box_cost(centre, size, target["box"][..., :2], target["box"][..., 2:])
        counted = rarity(target["box"][..., 2:]) * positive
        box = ops.sum(cost * counted) / ops.maximum(ops.sum(counted), 1.0)

        quality = positive * (0.25 + 0.75 * ops.stop_gradient(overlap))
        logit = cells[..., 0]
        focus = ops.square(ops.abs(quality - ops.sigmoid(logit)))
        score = ops.sum(focus * binary_cross_entropy(logit, quality) * target["weight"][..., 0]) / count

        known = positive * target["points_weight"][..., 0]
        points = ops.sum(_smooth_l1(cells[..., 5:15] - target["points"]), -1)
        points = ops.sum(points * known) / ops.maximum(ops.sum(known), 1.0)

        weight = positive * target["angle_weight"][..., 0]
        angle = _angle_cost(cells[..., 15:], target["angle"][..., 0])
        angle = ops.sum(angle * weight) / ops.maximum(ops.sum(weight), 1.0)
        for metric, value in zip(self.parts, (score, box, points, angle), strict=True):
            metric.update_state(value)
        return SCORE_WEIGHT * score + BOX_WEIGHT * box + POINTS_WEIGHT * points + ANGLE_WEIGHT * angle


def _smooth_l1(difference, beta: float = 0.05):
    """Huber with slope one: a twentieth of the face is where it turns linear."""
    size = ops.abs(difference)
    return ops.where(size < beta, ops.square(size) / (2 * beta), size - beta / 2)


def _angle_cost(logits, angle):
    """Cross-entropy with the two bins around the angle, plus one minus the cosine of the expected direction's error."""
    step = 2 * math.pi / ANGLE_BINS
    bins = ops.arange(ANGLE_BINS, dtype="float32") * step
    apart = bins - angle[..., None]
    apart = ops.abs(ops.arctan2(ops.sin(apart), ops.cos(apart)))
    soft = ops.maximum(1 - apart / step, 0.0)
    share = ops.log_softmax(logits, -1)
    chance = ops.exp(share)
    x, y = ops.sum(chance * ops.cos(bins), -1), ops.sum(chance * ops.sin(bins), -1)
    cosine = (x * ops.cos(angle) + y * ops.sin(angle)) / ops.sqrt(ops.square(x) + ops.square(y) + 1e-6)
    return -ops.sum(soft * share, -1) + 1 - cosine
