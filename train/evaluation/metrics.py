"""Scores of landmarks and detections, as used everywhere in this project."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import face_roi

__all__ = [
    "FAIL_PERCENT",
    "LOST_PERCENT",
    "DetectionScore",
    "FiveScore",
    "average_precision",
    "convention_offset",
    "five_point_error",
    "laplace_share_within",
    "score_detections",
    "score_five_points",
]

LOST_PERCENT = 50.0
"""A face whose error is larger than this was not found."""
FAIL_PERCENT = 10.0


def five_point_error(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean distance of the five points over the face size, in %: `(..., 5, 2)` twice to `(...)`.

    The face size is the larger of the distance between the eyes and the distance from the eyes' middle to the middle of
    the mouth corners, so that profile faces do not blow the error up.
    """
    return 100 * np.linalg.norm(predicted - truth, axis=-1).mean(-1) / face_roi(truth)[1]


def laplace_share_within(multiple: float) -> float:
    """The share of one axis' errors within `multiple` sigma if the Laplace model holds."""
    return 1 - math.exp(-multiple)


@dataclass(frozen=True, slots=True)
class FiveScore:
    """Scores of five-point predictions over a set of faces."""

    recall: float
    """Share of faces with an error under 50 %, in %."""
    nme: float
    """Mean error of the faces found, in %."""
    nmec: float
    """The same after the predictor's median offset per point, in the face's own frame, is taken off, in %."""
    fail10: float
    """Share of faces missed or with a corrected error over 10 %, in %."""


def score_five_points(predicted: Sequence[np.ndarray | None], truth: np.ndarray) -> tuple[FiveScore, np.ndarray]:
    """Scores of one prediction a face.

    Args:
        predicted: `(5, 2)` px for each face, None where none was found.
        truth: `(n, 5, 2)` px.

    Returns:
        The scores, and the corrected error of each face in % (NaN where it was missed), `(n,)`.
    """
    points = np.stack([np.full((5, 2), np.nan) if p is None else np.asarray(p, np.float64) for p in predicted])
    raw = five_point_error(points, truth)
    found = raw < LOST_PERCENT  # NaN compares false
    corrected = np.full(len(truth), np.nan)
    if found.any():
        own = points[found] - convention_offset(points[found], truth[found])
        corrected[found] = five_point_error(own, truth[found])
    failed = ~found | (corrected > FAIL_PERCENT)
    score = FiveScore(
        recall=float(100 * found.mean()),
        nme=float(raw[found].mean()) if found.any() else float("nan"),
        nmec=float(corrected[found].mean()) if found.any() else float("nan"),
        fail10=float(100 * failed.mean()),
    )
    return score, corrected


def convention_offset(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What a predictor puts elsewhere than the labels do on every face: another convention, or an error of its own.

    Args:
        points: `(n, 5, 2)` px, a prediction for each face.
        truth: `(n, 5, 2)` px.

    Returns:
        `(n, 5, 2)` px, to be taken off the points: each point's median offset over the faces in the face's own frame
        (upright, in face sizes), laid back onto each face.
    """
    _, size, angle = face_roi(truth)
    size = size[:, None, None]
    cos, sin = np.cos(angle), np.sin(angle)
    upright = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (n, 2, 2)
    offset = np.median((points - truth) @ upright / size, axis=0)  # (5, 2) face sizes
    return offset @ upright.transpose(0, 2, 1) * size


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """Scores of detections over a set of images."""

    average_precision: float
    """Area under the precision-recall curve at IoU 0.5, 0..1."""
    recall: float
    """Share of the faces that were found at any score, 0..1."""
    faces: int


def score_detections(
    detections: Sequence[tuple[np.ndarray, np.ndarray]],
    truth: Sequence[tuple[np.ndarray, np.ndarray]],
    smallest_px: float,
    iou: float = 0.5,
    small_alarms: bool = True,
) -> tuple[DetectionScore, np.ndarray, np.ndarray]:
    """Average precision over faces at least `smallest_px` high; smaller and ignored ones neither count nor punish.

    Args:
        detections: boxes `(k, 4)` xywh px and scores `(k,)` of each image.
        truth: boxes `(n, 4)` xywh px and whether to ignore them `(n,)`, of each image.
        smallest_px: smallest height of a face that counts.
        iou: overlap from which a detection is a hit.
        small_alarms: whether a detection on nothing is a false alarm if it is lower than `smallest_px`, too; COCO's
            evaluation by size leaves those out (Lin et al., 2014).

    Returns:
        The scores; and of every counted detection, best first, its score and whether it was a hit.
    """
    scores, hits, total = [], [], 0
    for (boxes, confidence), (faces, ignored) in zip(detections, truth, strict=True):
        counted = ~ignored & (faces[:, 3] >= smallest_px)
        total += int(counted.sum())
        overlap = iou_xyxy(xywh_to_xyxy(boxes), xywh_to_xyxy(faces))
        free = counted.copy()
        for index in np.argsort(-confidence, kind="stable"):
            candidates = np.where(free, overlap[index], 0)
            if candidates.max(initial=0) >= iou:
                free[candidates.argmax()] = False
                scores.append(confidence[index])
                hits.append(True)
            elif np.where(counted, 0, overlap[index]).max(initial=0) < iou and (
                small_alarms or boxes[index, 3] >= smallest_px
            ):
                scores.append(confidence[index])
                hits.append(False)
    order = np.argsort(-np.asarray(scores), kind="stable")
    ranked, hit = np.asarray(scores)[order], np.asarray(hits, bool)[order]
    found = float(hit.sum() / total) if total else float("nan")
    return DetectionScore(average_precision(hit, total), found, total), ranked, hit


def average_precision(hits: np.ndarray, total: int) -> float:
    """Area under the monotone precision-recall curve of detections sorted by score, with `total` faces to find."""
    if total == 0:
        return float("nan")
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((precision * hits).sum() / total)
