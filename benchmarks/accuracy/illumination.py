"""Who is found in the dark: the faces of a scene pack by how bright they are, at the same rate of false alarms."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from train.data.crop_cache import read_bgr
from train.data.samples import SceneSample
from train.evaluation.metrics import score_detections

__all__ = ["ALARMS_AN_IMAGE", "LEAST_PX", "LEVELS", "light_results"]

LEVELS = (0, 50, 80, 120, 256)
"""Brightness (mean of the grey values 0..255 in the middle of a face) where one row of the result ends and the next
begins."""
LEAST_PX = 20
"""Height from which a face counts."""
ALARMS_AN_IMAGE = 0.2
"""Every system counts from the lowest score that raises no more false alarms than this, so that all are as careful."""
IOU = 0.5
_MIDDLE = np.array([0.25, 0.3, 0.75, 0.8])
"""Left, top, right and bottom of a face's middle in its box: skin, whatever the hair."""

Boxes = tuple[np.ndarray, np.ndarray]
"""Boxes `(k, 4)` xywh px and scores `(k,)` of one image."""


def light_results(systems: Mapping[str, Sequence[Boxes]], samples: Sequence[SceneSample]) -> list[dict[str, Any]]:
    """Share of faces found, by their brightness.

    Args:
        systems: detections of every image by name of the system; one without scores is left out.
        samples: boxed faces.

    Returns:
        A row for each of `LEVELS`: `from` and `below` (grey values), `faces` and `found` (in %, by system).
    """
    truth = [(sample.boxes, sample.ignore) for sample in samples]
    light = [_brightness(cv2.cvtColor(read_bgr(one.image), cv2.COLOR_BGR2GRAY), one.boxes) for one in samples]
    counted = [~ignored & (boxes[:, 3] >= LEAST_PX) for boxes, ignored in truth]
    found = {
        name: np.concatenate([_found(*kept) for kept in zip(_kept(detections, truth), truth, strict=True)])
        for name, detections in systems.items()
        if all(np.isfinite(scores).all() for _, scores in detections)
    }
    level, counts = np.concatenate(light), np.concatenate(counted)
    rows = []
    for low, high in itertools.pairwise(LEVELS):
        own = counts & (level >= low) & (level < high)
        shares = {name: round(float(100 * hit[own].mean()), 1) for name, hit in found.items()} if own.any() else {}
        rows.append({"from": low, "below": high, "faces": int(own.sum()), "found": shares})
    return rows


def _brightness(grey: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Mean grey value `(n,)` of the middle of each box `(n, 4)` xywh px; NaN for one outside the image `(h, w)`."""
    height, width = grey.shape
    values = np.full(len(boxes), np.nan)
    for row, (x, y, w, h) in enumerate(boxes):
        edges = np.array([x, y, x, y]) + _MIDDLE * [w, h, w, h]
        left, top, right, bottom = np.clip(np.rint(edges), 0, [width, height, width, height]).astype(int)
        middle = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
        if middle.size:
            values[row] = middle.mean()
    return values


def _kept(detections: Sequence[Boxes], truth: Sequence[Boxes]) -> list[np.ndarray]:
    """The boxes of each image that count where no more than `ALARMS_AN_IMAGE` are false."""
    _, scores, hits = score_detections(detections, truth, LEAST_PX)
    alarms = scores[~hits]
    allowed = int(ALARMS_AN_IMAGE * len(truth))
    above = float(alarms[allowed]) if len(alarms) > allowed else -np.inf
    return [boxes[confidence > above] for boxes, confidence in detections]


def _found(boxes: np.ndarray, truth: Boxes) -> np.ndarray:
    """Whether one of the boxes shows each face, `(n,)`."""
    if not len(boxes):
        return np.zeros(len(truth[0]), bool)
    return np.asarray(iou_xyxy(xywh_to_xyxy(truth[0]), xywh_to_xyxy(boxes)).max(1) >= IOU)
