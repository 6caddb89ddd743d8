"""What comes before a face on a training canvas: a part of another picture, or somebody else's face."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Faces", "cover", "hidden_share", "join_face", "put_head"]

SMALLEST_COVERED_PX = 14.0
MOST_COVERED = 0.5
"""Share of its box from which a covered face is ignored."""
HEAD = 1.2
"""Size of the ellipse that is cut out around a face, in boxes: with hair and ears."""


@dataclass(slots=True)
class Faces:
    """Faces of one canvas."""

    boxes: np.ndarray
    """`(n, 4)` xywh px."""
    points: np.ndarray
    """`(n, 5, 2)` px, NaN where unknown."""
    angle: np.ndarray
    """`(n,)` rad."""
    angle_weight: np.ndarray
    """`(n,)`: 1 where the points say it, less where the face was only assumed to be upright in its picture."""
    ignore: np.ndarray
    """`(n,)`."""

    @classmethod
    def join(cls, parts: Sequence["Faces"]) -> "Faces":
        """All faces of several pieces."""
        names = ("boxes", "points", "angle", "angle_weight", "ignore")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def only(self, chosen: np.ndarray) -> "Faces":
        """Those faces that a mask `(n,)` names."""
        names = ("boxes", "points", "angle", "angle_weight", "ignore")
        return Faces(*(getattr(self, name)[chosen] for name in names))

    def countable(self, smallest_px: float) -> np.ndarray:
        """Indices of the faces that count and are at least so large."""
        return np.flatnonzero(~self.ignore & (np.sqrt(self.boxes[:, 2:].prod(1)) >= smallest_px))


def cover(piece: np.ndarray, faces: Faces, other: np.ndarray, rng: np.random.Generator) -> None:
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


def join_face(piece: np.ndarray, faces: Faces, other: np.ndarray, its: Faces) -> Faces:
    """Cuts the first face of another piece out and puts it before this one, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; those that are hidden by more than half are ignored from now on.
        other: `(s, s, 3)` uint8, the picture of the other face where it shall come to lie.
        its: faces of `other`; those behind the first that are seen with it are ignored.

    Returns:
        All faces that the piece shows now.
    """
    box = its.boxes[0]
    centre = box[:2] + box[2:] / 2
    axes = HEAD * box[2:] / 2
    mask = np.zeros(piece.shape[:2], np.uint8)
    cv2.ellipse(mask, (centre.tolist(), (2 * axes).tolist(), 0.0), 255, -1)
    soft = max(3, round(0.06 * float(box[2:].min())) | 1)
    alpha = cv2.blur(mask, (soft, soft)).astype(np.float32)[..., None] / 255
    piece[:] = (piece + alpha * (other.astype(np.float32) - piece) + 0.5).astype(np.uint8)
    inside = mask > 0
    for k, behind in enumerate(faces.boxes):
        faces.ignore[k] |= hidden_share(behind, inside) > MOST_COVERED
    seen = np.array([True] + [hidden_share(one, inside) > 0 for one in its.boxes[1:]])
    shown = Faces(its.boxes[seen], its.points[seen], its.angle[seen], its.angle_weight[seen], its.ignore[seen].copy())
    shown.ignore[1:] = True
    return Faces.join([faces, shown])


def put_head(piece: np.ndarray, faces: Faces, cut: np.ndarray, its: Faces, rng: np.random.Generator) -> Faces:
    """Puts a head that is cut out before a piece, in a light nearer to what it hides, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; those that are hidden by more than half are ignored from now on.
        cut: `(s, s, 4)` uint8 BGRA, the head where it shall come to lie.
        its: its face.
        rng: source of chance.

    Returns:
        All faces that the piece shows now.
    """
    alpha = cut[..., 3:].astype(np.float32) / 255
    inside = cut[..., 3] > 127
    if inside.any():
        hidden, shown = piece[inside].mean() + 20, cut[inside, :3].mean() + 20
        gain = float(np.clip(hidden / shown, 0.4, 2.0)) ** rng.uniform(0, 1)
        piece[:] = piece + alpha * (np.minimum(cut[..., :3] * np.float32(gain), 255) - piece) + 0.5
    for k, behind in enumerate(faces.boxes):
        faces.ignore[k] |= hidden_share(behind, inside) > MOST_COVERED
    return Faces.join([faces, its])


def hidden_share(box: np.ndarray, inside: np.ndarray) -> float:
    """How much of a box `(4,)` xywh px a mask `(h, w)` covers, 0..1."""
    first = np.rint(box[:2]).astype(int)
    last = np.maximum(np.rint(box[:2] + box[2:]).astype(int), first + 1)
    low, high = np.maximum(first, 0), np.maximum(last, 0)
    return float(inside[low[1] : high[1], low[0] : high[0]].sum() / (last - first).prod())
