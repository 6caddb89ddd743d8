"""What comes before a face on a training canvas: a part of another picture, or somebody else's face."""

import cv2
import numpy as np

from train.data.instances import Instances, hidden_share

__all__ = ["cover", "occlude"]

SMALLEST_COVERED_PX = 14.0
MOST_COVERED = 0.5
"""Share of its box from which a covered face is ignored."""


def cover(piece: np.ndarray, faces: Instances, other: np.ndarray, rng: np.random.Generator) -> None:
    """Puts an ellipse of another picture before a part of one face, from some side, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; one that is covered by more than half is ignored from now on.
        other: `(h, w, 3)` uint8.
        rng: source of chance.
    """
    chosen = faces.countable(SMALLEST_COVERED_PX)
    if not len(chosen):
        return
    face = int(rng.choice(chosen))
    corner, extent = faces.boxes[face, :2], faces.boxes[face, 2:]
    half = extent * rng.uniform(0.25, 0.7, 2)
    way = rng.uniform(0, 2 * np.pi)
    centre = corner + extent / 2 + np.array([np.cos(way), np.sin(way)]) * (extent / 2 + half * rng.uniform(-0.1, 0.6))
    low = np.clip(np.rint(centre - half), 0, piece.shape[0]).astype(int)
    high = np.clip(np.rint(centre + half), 0, piece.shape[0]).astype(int)
    if (high - low < 2).any():
        return
    y, x = np.ogrid[: piece.shape[0], : piece.shape[1]]
    inside = ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 <= 1
    height, width = other.shape[:2]
    scale = min(1.0, min(height / (high[1] - low[1]), width / (high[0] - low[0])))
    rows, columns = (max(1, int(scale * span)) for span in (high - low)[::-1])
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    patch = cv2.resize(
        other[top : top + rows, left : left + columns], (high - low).tolist(), interpolation=cv2.INTER_LINEAR
    )
    area = (slice(low[1], high[1]), slice(low[0], high[0]))
    np.copyto(piece[area], patch, where=inside[area][..., None])
    faces.ignore[face] |= hidden_share(faces.boxes[face], inside) > MOST_COVERED


def occlude(image: np.ndarray, rng: np.random.Generator, cover: np.ndarray | None) -> np.ndarray:
    """Covers part of the image with a rectangle or an ellipse of another picture, of flat colour, or of noise.

    Args:
        image: `(s, s, 3)` uint8, changed in place and returned.
        rng: source of chance.
        cover: `(h, w, 3)` uint8 to cut the cover from, or None for flat colour only.
    """
    side = image.shape[0]
    extent = (rng.uniform(0.1, 0.45, 2) * side).astype(int) + 1
    corner = (rng.uniform(-0.1, 0.9, 2) * side).astype(int)
    low, high = np.maximum(corner, 0), np.minimum(corner + extent, side)
    if (high <= low).any():
        return image
    area = image[low[1] : high[1], low[0] : high[0]]
    if cover is not None and rng.random() < 0.7:
        patch = cv2.resize(cover, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_LINEAR)
    else:
        patch = np.broadcast_to(rng.integers(0, 256, 3, np.uint8), area.shape)
    if rng.random() < 0.5:
        mask = np.zeros(area.shape[:2], np.uint8)
        centre = (area.shape[1] // 2, area.shape[0] // 2)
        cv2.ellipse(mask, centre, (max(1, centre[0]), max(1, centre[1])), 0, 0, 360, 255, -1)
        np.copyto(area, patch, where=mask[..., None] > 0)
    else:
        area[:] = patch
    return image
