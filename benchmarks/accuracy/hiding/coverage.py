"""What counts as an uncovered face, and as cover without a face."""

from collections.abc import Sequence

import cv2
import numpy as np

from smile_edge.geometry.heads import Head
from smile_edge.imaging.hide import hide_heads

__all__ = ["CENTRAL", "COVERED", "SLACK", "covered_shares", "false_cover", "hidden_pixels", "turned_boxes"]

CENTRAL = 0.75
"""Of the width and height of a labelled box: the ellipse in it that counts holds brows, eyes, nose and mouth."""
COVERED = 0.9
"""A face is uncovered where less of that ellipse is hidden."""
SLACK = 0.3
"""Share of its half sizes that may be covered around a labelled face: what lies further out is false cover."""
_SHIFT = 4


def hidden_pixels(heads: Sequence[Head], height: int, width: int) -> np.ndarray:
    """Which pixels `(h, w)` of a picture the hiding changes, as it is shipped."""
    return np.asarray(hide_heads(np.zeros((height, width, 3), np.uint8), heads, "fill").any(-1))


def covered_shares(hidden: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Share of the inner ellipse of each box that is hidden.

    Args:
        hidden: `(h, w)`.
        boxes: `(k, 4)` xywh px, labelled faces.

    Returns:
        `(k,)`, 0..1; 1 for a face outside of the picture.
    """
    shares = []
    for box in boxes:
        inner = _ellipse(hidden.shape, box, CENTRAL)
        shares.append(float(hidden[inner].mean()) if inner.any() else 1.0)
    return np.array(shares)


def false_cover(hidden: np.ndarray, boxes: np.ndarray) -> float:
    """Share of the picture's area that is hidden and belongs to no labelled head.

    Args:
        hidden: `(h, w)`.
        boxes: `(k, 4)` xywh px, all labelled faces, those that do not count included.
    """
    heads = np.zeros(hidden.shape, bool)
    for box in boxes:
        heads |= _ellipse(hidden.shape, box, 1 + SLACK)
    return float((hidden & ~heads).mean())


def turned_boxes(boxes: np.ndarray, quarters: int, height: int, width: int) -> np.ndarray:
    """Boxes `(k, 4)` xywh px of a picture after `np.rot90(picture, quarters)`; pixel centres count from 0."""
    for _ in range(quarters % 4):
        x, y, w, h = boxes.T
        boxes = np.stack([y, width - 1 - x - w, h, w], -1)
        height, width = width, height
    return boxes


def _ellipse(shape: tuple[int, ...], box: np.ndarray, scale: float) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    x, y, width, height = (float(value) for value in box)
    centre = (round((x + width / 2) * (1 << _SHIFT)), round((y + height / 2) * (1 << _SHIFT)))
    axes = (round(scale * width / 2 * (1 << _SHIFT)), round(scale * height / 2 * (1 << _SHIFT)))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1, cv2.FILLED, cv2.LINE_8, _SHIFT)
    return mask > 0
