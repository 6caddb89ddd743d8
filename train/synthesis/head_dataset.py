"""Heads turned aside or bent, and cut out (`rotate_heads`): for training canvases, and as crops for the landmarker."""

from collections.abc import Sequence

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import STORED_PX, STORED_SCALE
from train.data.cut_out_heads import Head
from train.data.mined import Mined

__all__ = ["head_crops"]

OVER_SHARE = 0.5
"""How often a crop shows a head before another face, not before a picture without one."""
HEAD_LABEL_WEIGHT = 0.5
"""Weight of a head's points as a teacher's: they were turned with a mesh that only fits on average."""
_SHIFT, _SCALE, _TURN = 0.12, 0.12, np.radians(10)
"""How far a detector errs in a profile: in face sizes, in the logarithm of the size, and in the angle (one sigma)."""


def head_crops(
    heads: Sequence[Head], faces: np.ndarray, empty: Sequence[np.ndarray], seed: int = 0
) -> tuple[Mined, np.ndarray]:
    """Each head once as a detector might have cut it out, before another face or a picture without one.

    Args:
        heads: to be shown.
        faces: `(n, 160, 160, 3)` uint8, stored crops of faces.
        empty: pictures without a face; none or more.
        seed: of chance.

    Returns:
        The crops, all of them faces, and their points `(k, 49, 3)` px with weights (`FaceBatches.mined_taught`).
    """
    rng = np.random.default_rng(seed)
    crops = np.empty((len(heads), STORED_PX, STORED_PX, 3), np.uint8)
    boxes = np.empty((len(heads), 4), np.float32)
    points = np.full((len(heads), TOPOLOGY_49.count, 3), HEAD_LABEL_WEIGHT, np.float32)
    middle = np.full(2, (STORED_PX - 1) / 2)
    for row, head in enumerate(heads):
        centre, size, angle = face_roi(head.points[0])
        off = rng.normal(0, _SHIFT * float(size), 2)
        scale = STORED_PX / (STORED_SCALE * float(size)) * np.exp(rng.normal(0, _SCALE))
        matrix = similarity_about(centre + off, middle, float(scale), float(rng.normal(0, _TURN) - angle))
        cut = cv2.warpAffine(head.image, matrix, (STORED_PX, STORED_PX), flags=cv2.INTER_AREA)
        if len(empty) and rng.random() >= OVER_SHARE:
            behind = _window(empty[int(rng.integers(len(empty)))], rng)
        else:
            behind = np.asarray(faces[int(rng.integers(len(faces)))])
        alpha = cut[..., 3:].astype(np.float32) / 255
        crops[row] = behind + alpha * (cut[..., :3].astype(np.float32) - behind) + 0.5
        boxes[row] = rotated_box_xywh(head.boxes, matrix)[0]
        points[row, :, :2] = apply_affine(matrix, head.dense)
    return Mined(crops, np.ones(len(heads)), boxes, np.full(len(heads), 0.5)), points


def _window(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A square window of a picture as a stored crop `(160, 160, 3)`."""
    side = int(rng.integers(min(picture.shape[:2]) // 3, min(picture.shape[:2]) + 1))
    top, left = (int(rng.integers(extent - side + 1)) for extent in picture.shape[:2])
    window = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(window, (STORED_PX, STORED_PX), interpolation=cv2.INTER_AREA), np.uint8)
