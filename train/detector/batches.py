"""Batches of canvases for the detector, and the canvases that it is validated on."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from smile_edge.detection.decoding import decode
from smile_edge.geometry.affine import similarity_about
from train.augmentation.mosaic import MosaicSource
from train.augmentation.scene_transforms import move_faces, warp_scene
from train.data.instances import Instances
from train.data.scenes import Scene
from train.detector.target_assignment import Cells, assign_targets
from train.engine.prefetch import Batch
from train.evaluation.metrics import score_detections
from train.networks.detector import STRIDES

__all__ = ["SceneBatches", "ValidationCanvases"]


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
            targets[i] = assign_targets(faces, cells)
            copy = fresh + i
            if copy < self.batch:  # the same canvas again, turned: costs no warp, teaches the circle
                quarters = int(rng.integers(1, 4))
                images[copy] = np.rot90(images[i], -quarters)
                targets[copy] = assign_targets(_turned(faces, quarters, side), cells)
        return images, {"cells": targets}


def _turned(faces: Instances, quarters: int, side: int) -> Instances:
    """Instances of a canvas turned clockwise by quarters."""
    middle = np.full(2, (side - 1) / 2, np.float32)
    angle = quarters * np.pi / 2
    matrix = np.rint(similarity_about(middle, middle, 1.0, angle)[:, :2])
    corners = faces.boxes[:, :2] + 0.5 - side / 2  # edges lie half a pixel from pixel centres
    far = corners + faces.boxes[:, 2:]
    a, b = corners @ matrix.T, far @ matrix.T
    low, high = np.minimum(a, b), np.maximum(a, b)
    boxes = np.concatenate([low + side / 2 - 0.5, high - low], 1).astype(np.float32)
    points = ((faces.points - middle) @ matrix.T + middle).astype(np.float32)
    return Instances(boxes, points, faces.angle + angle, faces.angle_weight, faces.ignore)


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
