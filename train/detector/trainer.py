"""Training of the detector: mosaics in, quality focal loss, DIoU, points in the face's own frame, angle bins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from smile_edge.detection.decoding import ANGLE_BINS, decode
from train.augmentation.mosaic import MosaicSource
from train.augmentation.occlusion import Faces
from train.augmentation.photometric import similarity_about
from train.augmentation.scene_transforms import move_faces, warp_scene
from train.data.scenes import Scene
from train.detector.target_assignment import COLUMNS, Cells, assign
from train.engine.prefetch import Batch
from train.evaluation.metrics import score_detections
from train.losses.box import box_cost, rarity
from train.losses.points import binary_cross_entropy
from train.networks.detector import STRIDES

__all__ = ["DetectorTrainer", "SceneBatches", "ValidationCanvases"]

SCORE_WEIGHT, BOX_WEIGHT, POINTS_WEIGHT, ANGLE_WEIGHT = 4.0, 1.5, 1.0, 0.5


@dataclass(frozen=True, slots=True)
class SceneBatches:
    """Draws batches of canvases with their targets; a part of each batch is other canvases turned by quarters."""

    source: MosaicSource
    batch: int = 24
    turned_share: float = 0.125

    def __call__(self, rng: np.random.Generator) -> Batch:
        """Canvases `(b, s, s, 3)` uint8 and targets `(b, cells, 19)`."""
        side = self.source.canvas_px
        cells = Cells.of(side, side)
        images = np.empty((self.batch, side, side, 3), np.uint8)
        targets = np.empty((self.batch, len(cells.centres), 19), np.float32)
        fresh = self.batch - int(self.turned_share * self.batch)
        for i in range(fresh):
            images[i], faces = self.source(rng)
            targets[i] = assign(faces, cells)
            copy = fresh + i
            if copy < self.batch:  # the same canvas again, turned: costs no warp, teaches the circle
                quarters = int(rng.integers(1, 4))
                images[copy] = np.rot90(images[i], -quarters)
                targets[copy] = assign(_turned(faces, quarters, side), cells)
        return images, {"cells": targets}


def _turned(faces: Faces, quarters: int, side: int) -> Faces:
    """Faces of a canvas turned clockwise by quarters."""
    middle = np.full(2, (side - 1) / 2, np.float32)
    angle = quarters * np.pi / 2
    matrix = np.rint(similarity_about(middle, middle, 1.0, angle)[:, :2])
    corners = faces.boxes[:, :2] + 0.5 - side / 2  # edges lie half a pixel from pixel centres
    far = corners + faces.boxes[:, 2:]
    a, b = corners @ matrix.T, far @ matrix.T
    low, high = np.minimum(a, b), np.maximum(a, b)
    boxes = np.concatenate([low + side / 2 - 0.5, high - low], 1).astype(np.float32)
    points = ((faces.points - middle) @ matrix.T + middle).astype(np.float32)
    return Faces(boxes, points, faces.angle + angle, faces.angle_weight, faces.ignore)


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


class ValidationCanvases:
    """Held-out scenes, each whole on a square canvas, at a fixed random turn or upright; none is enlarged."""

    def __init__(self, scenes: Sequence[Scene], canvas_px: int = 320, turned: bool = True) -> None:
        rng = np.random.default_rng(3)
        self.images, self.truth = [], []
        for scene in scenes:
            height, width = scene.image.shape[:2]
            quarter = int(rng.integers(4)) * np.pi / 2
            angle = quarter + rng.normal(0, np.radians(10)) if turned else 0.0
            scale = min(1.0, canvas_px / max(height, width))
            matrix = similarity_about(np.array([width / 2, height / 2]), np.full(2, canvas_px / 2), scale, angle)
            self.images.append(warp_scene(scene.image, matrix, canvas_px, None))
            faces = move_faces(scene, matrix, False, angle, canvas_px)
            self.truth.append((faces.boxes, faces.ignore))
        self.faceless = np.array([len(scene.boxes) == 0 for scene in scenes])

    def __call__(self, network: keras.Model) -> dict[str, float]:
        """`error`: 100 minus the mean of `ap12` and `ap24`, in %; `ap12`, `ap24`, `ap40`: AP over faces of at least so
        many px; `false_alarms`: an image without a face, at a score of 0.5; `precision_at_half`: of all detections with
        that score."""
        detections = []
        for start in range(0, len(self.images), 8):
            # Called as it is: `predict` would be compiled for the sizes met so far, and Upsample2x needs to know them.
            maps = network(np.stack(self.images[start : start + 8]).astype(np.float32), training=False)
            maps = {name: ops.convert_to_numpy(values) for name, values in maps.items()}
            for i in range(len(maps["level8"])):
                one = {stride: np.transpose(maps[f"level{stride}"][i], (2, 0, 1)) for stride in STRIDES}
                boxes, scores, _ = decode(one, threshold=0.05, iou_threshold=0.45)
                detections.append((boxes, scores))
        small, scores, hits = score_detections(detections, self.truth, 12)
        large, _, _ = score_detections(detections, self.truth, 24)
        alarms = [int((s > 0.5).sum()) for (_, s), empty in zip(detections, self.faceless, strict=True) if empty]
        return {
            "error": 100 - 50 * (small.average_precision + large.average_precision),
            "ap12": small.average_precision,
            "ap24": large.average_precision,
            "ap40": score_detections(detections, self.truth, 40)[0].average_precision,
            "false_alarms": float(np.mean(alarms)) if alarms else 0.0,
            "precision_at_half": float(hits[scores > 0.5].mean()) if (scores > 0.5).any() else 0.0,
        }
