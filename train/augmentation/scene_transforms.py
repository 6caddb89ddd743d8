"""A scene under a similarity: its pixels on a square canvas, its faces there, and where it had best lie."""

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import FIVE_FLIP
from train.data.instances import Instances
from train.data.scenes import Scene

__all__ = ["SMALLEST_FACE_PX", "fitting_shift", "move_faces", "warp_scene"]

SMALLEST_FACE_PX = 7.0
LEAST_VISIBLE = 0.45


def fitting_shift(matrix: np.ndarray, width: int, height: int, side: int) -> np.ndarray:
    """The least shift `(2,)` px after which a scene, moved by `matrix`, leaves no margin of its piece empty that it
    could fill, and has no part outside for which there is room inside."""
    corners = apply_affine(matrix, np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32) - 0.5)
    low, high = corners.min(0) + 0.5, corners.max(0) + 0.5
    least, most = np.minimum(-low, side - high), np.maximum(-low, side - high)
    shift: np.ndarray = np.clip(0, least, most)
    return shift


def warp_scene(image: np.ndarray, matrix: np.ndarray, side: int, rng: np.random.Generator | None) -> np.ndarray:
    """The image through a similarity into a square, averaged where it shrinks; a random flat colour outside."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    matrix = matrix.copy()
    while scale < 0.6 and min(image.shape[:2]) > 8:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = cv2.resize(image[: half[1] * 2, : half[0] * 2], half, interpolation=cv2.INTER_AREA)
        matrix[:, 2] += 0.5 * matrix[:, :2].sum(1)  # the centre of a 2x2 block lies half a pixel on
        matrix[:, :2] *= 2
        scale *= 2
    colour = (0, 0, 0) if rng is None or rng.random() < 0.4 else rng.integers(0, 256, 3).tolist()
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=colour)


def move_faces(scene: Scene, matrix: np.ndarray, mirror: bool, turn: float, side: int) -> Instances:
    """A scene's faces under the similarity, cut at the square's border; hidden and tiny ones are ignored."""
    boxes = rotated_box_xywh(scene.boxes, matrix)
    points = apply_affine(matrix, scene.points) if len(scene.points) else scene.points
    if mirror:
        points = points[:, list(FIVE_FLIP)]
    known = np.isfinite(points).all((1, 2))
    angle = np.where(known, face_roi(np.nan_to_num(points))[2], turn) if len(points) else np.zeros(0)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    cut_low, cut_high = np.clip(low, 0, side), np.clip(high, 0, side)
    area = np.prod(cut_high - cut_low, 1)
    visible = area / np.maximum(boxes[:, 2:].prod(1), 1e-6)
    ignore = scene.ignore | (visible < LEAST_VISIBLE) | (np.sqrt(boxes[:, 2:].prod(1)) < SMALLEST_FACE_PX)
    cut = np.concatenate([cut_low, cut_high - cut_low], 1).astype(np.float32)
    partly = visible < 0.75  # a face cut in half keeps its box, its points are no longer worth learning
    points = np.where(partly[:, None, None], np.nan, points)
    weight = np.where(known, 1.0, 0.4)
    keep = area > 0
    return Instances(cut[keep], points[keep].astype(np.float32), angle[keep], weight[keep], ignore[keep])
