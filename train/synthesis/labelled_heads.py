"""Heads turned aside or bent, with the 70 points that their faces were labelled with, as stored crops."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.topology import TOPOLOGY_70
from train.data.crop_cache import CropGeometry, stored_matrix
from train.data.cut_out_heads import Head
from train.errors import DataError

__all__ = ["LabelledHeads", "labelled_heads"]

LABEL_WEIGHT, HIDDEN_WEIGHT = 0.5, 0.15
"""What a label weighs beside that of a face as it is: it was moved with a mesh that only fits on average, and what is
hidden is a guess."""
_JAW = slice(0, 17)
"""Of a head that is turned another line is the outline than people labelled."""


class LabelledHeads(NamedTuple):
    """Stored crops, a head in each."""

    crops: np.ndarray
    """`(k, s, s, 3)` uint8."""
    targets: np.ndarray
    """`(k, 75, 3)` px of the stored crop, weight: the 70 points; people's five weigh nothing."""
    boxes: np.ndarray
    """`(k, 4)` xywh px of the stored crop."""
    visible: np.ndarray
    """`(k, 70)`: 1 visible, 0 hidden by the head itself, -1 unknown."""


def labelled_heads(
    heads: Sequence[Head], geometry: CropGeometry, behind: Sequence[np.ndarray], seed: int = 0
) -> LabelledHeads:
    """Each head once, upright, before one of the pictures `behind` `(h, w, 3)` uint8.

    Raises:
        DataError: a head has no labels of 70 points.
    """
    rng = np.random.default_rng(seed)
    side = geometry.stored_px
    crops = np.empty((len(heads), side, side, 3), np.uint8)
    targets = np.zeros((len(heads), 75, 3), np.float32)
    boxes = np.empty((len(heads), 4), np.float32)
    visible = np.full((len(heads), 70), -1, np.float32)
    for row, head in enumerate(heads):
        if head.labels is None or head.hidden is None:
            raise DataError(
                "--heads: heads without labels of 70 points; make them with `python -m train turn --labels`"
            )
        matrix = stored_matrix(TOPOLOGY_70.five_points(head.labels[:, :2]), geometry)
        cut = cv2.warpAffine(head.image, matrix, (side, side), flags=cv2.INTER_LINEAR)
        alpha = cut[..., 3:].astype(np.float32) / 255
        ground = _square(behind[int(rng.integers(len(behind)))], side)
        crops[row] = ground + alpha * (cut[..., :3].astype(np.float32) - ground) + 0.5
        targets[row, :70, :2] = apply_affine(matrix, head.labels[:, :2])
        targets[row, :70, 2] = head.labels[:, 2] * np.where(head.hidden, HIDDEN_WEIGHT, LABEL_WEIGHT)
        targets[row, _JAW, 2] = 0
        visible[row] = np.where(head.labels[:, 2] > 0, ~head.hidden, -1)
        visible[row, _JAW] = -1
        boxes[row] = rotated_box_xywh(head.boxes, matrix)[0]
    return LabelledHeads(crops, targets, boxes, visible)


def _square(picture: np.ndarray, side: int) -> np.ndarray:
    """The middle square of a picture at `side` px."""
    least = min(picture.shape[:2])
    top, left = (picture.shape[0] - least) // 2, (picture.shape[1] - least) // 2
    square = np.asarray(picture[top : top + least, left : left + least])
    return square if least == side else cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
