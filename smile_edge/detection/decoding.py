"""The detector's output maps turned into faces: cells, angle bins, non-maximum suppression with voting."""

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import face_angle
from smile_edge.types import FloatArray, IntArray

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
    "decode_batch",
    "decode_cells",
    "non_maximum",
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
    batch = {stride: level[None] for stride, level in maps.items()}
    return decode_batch(batch, threshold=threshold, iou_threshold=iou_threshold)[0]


def decode_batch(maps: Mapping[int, FloatArray], *, threshold: float, iou_threshold: float) -> list[RawDetections]:
    """`decode` of each of `n` images, from maps `(n, 27, h, w)`.

    The cells of all images are decoded at once: a call of numpy takes longer than the few of one image.
    """
    images, found, centres, strides = _cells_over(maps, threshold * VOTING_SCORE)
    boxes, points = decode_cells(found, centres, strides)
    scores = (1 / (1 + np.exp(-found[:, 0]))).astype(np.float32)
    cells = _Cells(boxes, scores, points, xywh_to_xyxy(boxes), _ways(points))
    count = len(next(iter(maps.values())))
    each = [cells] if count == 1 else [cells.rows(np.flatnonzero(images == image)) for image in range(count)]
    return [_suppressed(_best(one), threshold, iou_threshold) for one in each]


class _Cells(NamedTuple):
    """Cells that see a face, and what is made of each by itself."""

    boxes: FloatArray
    """`(n, 4)` xywh px."""
    scores: FloatArray
    points: FloatArray
    """`(n, 5, 2)` px."""
    corners: FloatArray
    """`(n, 4)` left, top, right, bottom of the boxes."""
    ways: FloatArray
    """`(n, 2)` unit vectors: how the points are turned."""

    def rows(self, chosen: IntArray) -> "_Cells":
        """Some of the cells."""
        return _Cells(*(column[chosen] for column in self))


def _cells_over(maps: Mapping[int, FloatArray], lowest: float) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """The cells of scores above `lowest`: which image each is of, `(k,)`, its raw values `(k, 27)`, its centre
    `(k, 2)` px and its stride `(k,)` px."""
    logit = np.log(lowest / (1 - lowest))
    images, values, cells, strides = [], [], [], []
    for stride, level in maps.items():
        flat = level.reshape(*level.shape[:2], -1)
        image, over = (flat[:, 0] > logit).nonzero()
        images.append(image)
        values.append(flat[image, :, over])
        cells.append(np.stack(divmod(over, level.shape[3])[::-1], -1))
        strides.append(np.full(len(over), stride, np.float32))
    stride_px = np.concatenate(strides)
    centres = (np.concatenate(cells).astype(np.float32) + 0.5) * stride_px[:, None] - 0.5  # x first
    return np.concatenate(images), np.concatenate(values), centres, stride_px


def _best(cells: _Cells) -> _Cells:
    """At most `MOST_CANDIDATES`."""
    if len(cells.scores) <= MOST_CANDIDATES:
        return cells
    return cells.rows(np.argpartition(-cells.scores, MOST_CANDIDATES)[:MOST_CANDIDATES])


def _ways(points: FloatArray) -> FloatArray:
    """How faces of five points `(n, 5, 2)` px are turned: unit vectors `(n, 2)`."""
    angle = face_angle(points)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def non_maximum(boxes: FloatArray, scores: FloatArray, threshold: float, iou_threshold: float) -> IntArray:
    """The boxes `(n, 4)` xywh that score `threshold` and overlap no better one by more than `iou_threshold`, best
    first."""
    # As lists: OpenCV takes an array apart number by number, three times as slowly.
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, iou_threshold), np.intp)


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
    return _suppressed(_Cells(boxes, scores, points, xywh_to_xyxy(boxes), _ways(points)), threshold, iou_threshold)


def _suppressed(cells: _Cells, threshold: float, iou_threshold: float) -> RawDetections:
    boxes, scores, points, corners, ways = cells
    kept = non_maximum(boxes, scores, threshold, iou_threshold)
    if not len(kept):
        return boxes[kept], scores[kept], points[kept]
    best = scores[kept]
    agreement = np.maximum(iou_xyxy(corners[kept], corners) - VOTING_IOU, 0)  # (k, n)
    weight = agreement * np.maximum(scores - VOTING_SCORE * best[:, None], 0)
    # Cells that see the face turned another way than most would pull its points into the middle.
    alike = weight * (np.maximum(weight @ ways @ ways.T, 0) + LEAST_ALIKE)
    shared = [share / share.sum(1, keepdims=True) for share in (weight, alike)]
    return shared[0] @ boxes, best, np.einsum("kn,npc->kpc", shared[1], points)
