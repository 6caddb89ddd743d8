"""The detector's output maps turned into faces: cells, angle bins, non-maximum suppression with voting."""

from collections.abc import Mapping

import cv2
import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import face_roi
from smile_edge.types import FloatArray

__all__ = [
    "ANGLE_BINS",
    "CHANNELS",
    "LARGEST_LOG_SIZE",
    "LEAST_ALIKE",
    "VOTING_IOU",
    "VOTING_SCORE",
    "bin_angles",
    "cell_centres",
    "decode",
    "decode_cells",
    "suppress",
]


RawDetections = tuple[FloatArray, FloatArray, FloatArray]
"""Boxes `(k, 4)` xywh, scores `(k,)` and points `(k, 5, 2)`, best first."""
ANGLE_BINS = 12
CHANNELS = 1 + 4 + 10 + ANGLE_BINS
"""Values a cell gives: score logit, box, five points, angle bins."""
LARGEST_LOG_SIZE = 5.0
"""A box is at most e to this many strides wide: an untrained cell must not overflow."""
VOTING_SCORE, VOTING_IOU = 1 / 3, 0.4
"""Share of the best cell's score, and overlap with its box, from which a cell has a say in where the face is."""
LEAST_ALIKE = 1e-6
"""What is left of a vote against most: only where as many cells see a face one way as the other does it count."""
MOST_CANDIDATES = 3000
"""Cells that compete for the faces of one image; beyond this only the best do, so that a crowd takes bounded time."""


def cell_centres(height: int, width: int, stride: int) -> FloatArray:
    """Centres of a map's cells in pixels of the network's input, row by row: `(height * width, 2)`."""
    x = (np.arange(width, dtype=np.float32) + 0.5) * stride - 0.5
    y = (np.arange(height, dtype=np.float32) + 0.5) * stride - 0.5
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def bin_angles(logits: FloatArray) -> FloatArray:
    """Angles `(k,)` rad from bin logits `(k, bins)`: the circular mean of the best bin and its two neighbours."""
    bins, best, rows = logits.shape[-1], logits.argmax(-1), np.arange(len(logits))
    step = 2 * np.pi / bins
    # Seen from the best bin the three lie at -1, 0 and 1 steps, so its own weight and direction are one.
    before, peak, after = (logits[rows, (best + steps) % bins] for steps in (-1, 0, 1))
    before, after = np.exp(before - peak), np.exp(after - peak)
    aside = np.arctan2((after - before) * np.float32(np.sin(step)), 1 + (after + before) * np.float32(np.cos(step)))
    result: FloatArray = aside + (np.where(best > bins // 2, best - bins, best) * step).astype(np.float32)
    return result


def decode_cells(values: FloatArray, centres: FloatArray, strides: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Boxes and points of cells.

    Args:
        values: `(k, 27)` raw values: logit, centre offset (strides), log size (strides), points in the face's own
            frame (fractions of the square root of the box area, from the box centre), angle bin logits.
        centres: `(k, 2)` px.
        strides: `(k,)` px.

    Returns:
        Boxes `(k, 4)` xywh px and points `(k, 5, 2)` px of the network's input.
    """
    centre = centres + values[:, 1:3] * strides[:, None]
    size = np.exp(np.minimum(values[:, 3:5], LARGEST_LOG_SIZE)) * strides[:, None]
    angle = bin_angles(values[:, 15:])
    reach = np.sqrt(size[:, 0] * size[:, 1])
    cos, sin = (reach * np.cos(angle))[:, None], (reach * np.sin(angle))[:, None]
    x, y = values[:, 5:15:2], values[:, 6:15:2]
    points = np.empty((len(values), 5, 2), np.float32)
    points[..., 0] = cos * x - sin * y + centre[:, :1]
    points[..., 1] = sin * x + cos * y + centre[:, 1:]
    return np.concatenate([centre - size / 2, size], 1), points


def decode(maps: Mapping[int, FloatArray], *, threshold: float, iou_threshold: float) -> RawDetections:
    """Faces of one image from the network's maps.

    Args:
        maps: stride to map `(27, h, w)`.
        threshold: lowest score kept, 0..1.
        iou_threshold: a box that overlaps a better one by more than this is dropped.

    Returns:
        Boxes `(k, 4)` xywh px of the network's input, scores `(k,)`, points `(k, 5, 2)` px; best first.
    """
    lowest = threshold * VOTING_SCORE
    logit = np.log(lowest / (1 - lowest))
    values, cells, strides = [], [], []
    for stride, level in maps.items():
        over = np.flatnonzero(level[0] > logit)  # one index a cell: numpy takes columns faster than places on a map
        values.append(level.reshape(len(level), -1)[:, over])
        cells.append(np.stack(divmod(over, level.shape[2])[::-1], -1))
        strides.append(np.full(len(over), stride, np.float32))
    found, stride_px = np.ascontiguousarray(np.concatenate(values, 1).T), np.concatenate(strides)
    centres = (np.concatenate(cells).astype(np.float32) + 0.5) * stride_px[:, None] - 0.5  # (k, 2) px, x first
    boxes, points = decode_cells(found, centres, stride_px)
    scores = (1 / (1 + np.exp(-found[:, 0]))).astype(np.float32)
    if len(scores) > MOST_CANDIDATES:
        best = np.argpartition(-scores, MOST_CANDIDATES)[:MOST_CANDIDATES]
        boxes, scores, points = boxes[best], scores[best], points[best]
    return suppress(boxes, scores, points, threshold, iou_threshold)


def suppress(
    boxes: FloatArray, scores: FloatArray, points: FloatArray, threshold: float, iou_threshold: float
) -> RawDetections:
    """One detection for each heap of overlapping cells: the best score, with where those who agree see it.

    Non-maximum suppression with voting (Gidaris and Komodakis, 2015): a cell has the more weight the more its score
    exceeds a third of the best one's, and its overlap with that one `VOTING_IOU`; so a tie between two cells does not
    decide where the face is. On the points a cell has no say if it sees the face turned another way than most do.

    Args:
        boxes: `(n, 4)` xywh px.
        scores: `(n,)`.
        points: `(n, 5, 2)` px.
        threshold: lowest score kept; cells from `VOTING_SCORE` of it on have a vote.
        iou_threshold: a box that overlaps a better one by more than this is dropped.

    Returns:
        Boxes `(k, 4)`, scores `(k,)`, points `(k, 5, 2)`, best first.
    """
    kept = np.asarray(cv2.dnn.NMSBoxes(boxes, scores, threshold, iou_threshold), np.intp)  # type: ignore[arg-type]
    if not len(kept):
        return boxes[kept], scores[kept], points[kept]
    corners, best = xywh_to_xyxy(boxes), scores[kept]
    agreement = np.maximum(iou_xyxy(corners[kept], corners) - VOTING_IOU, 0)  # (k, n)
    weight = agreement * np.maximum(scores - VOTING_SCORE * best[:, None], 0)
    # Cells that see the face turned another way than most would pull its points into the middle.
    angle = face_roi(points)[2]
    ways = np.stack([np.cos(angle), np.sin(angle)], -1)  # (n, 2)
    alike = weight * (np.maximum(weight @ ways @ ways.T, 0) + LEAST_ALIKE)
    shared = [share / share.sum(1, keepdims=True) for share in (weight, alike)]
    return shared[0] @ boxes, best, np.einsum("kn,npc->kpc", shared[1], points)
