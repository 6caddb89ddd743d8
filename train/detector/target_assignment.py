"""Which cell answers for which face: the detector's training targets.

A face belongs to the level of its size, to the cells around its centre. Around those lies a ring that is neither
rewarded nor punished; the same holds for the neighbouring level when the size is near its boundary.
"""

from dataclasses import dataclass

import numpy as np

from smile_edge.detection.decoding import cell_centres
from train.data.instances import Instances

__all__ = ["COLUMNS", "Cells", "assign_targets"]

LEVELS = ((8, 0.0, 36.0), (16, 36.0, 84.0), (32, 84.0, np.inf))
"""Stride, and the sizes (square root of the box area, px) that belong to it."""
OVERLAP = 1.12
NEAR = 1.5

COLUMNS = {
    "weight": slice(0, 1),
    "positive": slice(1, 2),
    "box": slice(2, 6),
    "points": slice(6, 16),
    "points_weight": slice(16, 17),
    "angle": slice(17, 18),
    "angle_weight": slice(18, 19),
}
"""What a row of the targets holds: weight of the score, whether a face is here, its box (centre and size, px), its
points in the face's own frame (fractions of the square root of the box area), its angle in rad."""
WIDTH = 19


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells of all levels of an image, in the order of the maps."""

    centres: np.ndarray
    """`(cells, 2)` px."""
    strides: np.ndarray
    """`(cells, 1)` px."""
    sizes: np.ndarray
    """`(cells, 2)` smallest and largest face of the cell's level, px."""

    @classmethod
    def of(cls, height: int, width: int) -> "Cells":
        """The cells of an image of this size."""
        centres = [cell_centres(height // stride, width // stride, stride) for stride, _, _ in LEVELS]
        rows = np.repeat(np.array(LEVELS, np.float32), [len(level) for level in centres], axis=0)
        return cls(np.concatenate(centres), rows[:, :1], rows[:, 1:])


def assign_targets(faces: Instances, cells: Cells) -> np.ndarray:
    """Targets `(cells, 19)` of one canvas, laid out as `COLUMNS`."""
    centres, strides = cells.centres, cells.strides
    targets = np.zeros((len(centres), WIDTH), np.float32)
    targets[:, 0] = 1
    if len(faces.boxes) == 0:
        return targets
    middle = faces.boxes[:, :2] + faces.boxes[:, 2:] / 2
    size = np.sqrt(faces.boxes[:, 2:].prod(1))
    distance = np.linalg.norm(centres[:, None] - middle[None], axis=-1)  # (cells, faces)
    radius = np.clip(0.3 * size[None], 0.75 * strides, 1.4 * strides)
    level_low, level_high = cells.sizes[:, :1], cells.sizes[:, 1:]
    own = (size >= level_low / OVERLAP) & (size < level_high * OVERLAP)
    near = (size >= level_low / NEAR) & (size < level_high * NEAR)
    half = np.maximum(faces.boxes[:, 2:] / 2, strides[:, None] / 2)
    within = (np.abs(centres[:, None] - middle[None]) <= half).all(-1)

    taken = own & ~faces.ignore & (distance < radius)
    hidden = (near & ~faces.ignore & (distance < 1.4 * radius)) | (faces.ignore & within)
    targets[hidden.any(1), 0] = 0
    rank = np.where(taken, distance / radius, np.inf)
    face = rank.argmin(1)
    hit = np.flatnonzero(taken.any(1))
    face = face[hit]
    targets[hit, 0] = 1
    targets[hit, 1] = 1
    targets[hit, 2:4], targets[hit, 4:6] = middle[face], faces.boxes[face, 2:]
    known = np.isfinite(faces.points).all((1, 2))
    cos, sin = np.cos(faces.angle), np.sin(faces.angle)
    back = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (faces, 2, 2), for row vectors
    own_frame = ((np.nan_to_num(faces.points) - middle[:, None]) @ back) / size[:, None, None]
    targets[hit, 6:16] = own_frame[face].reshape(-1, 10)
    targets[hit, 16] = known[face]
    targets[hit, 17] = faces.angle[face]
    targets[hit, 18] = faces.angle_weight[face]
    return targets
