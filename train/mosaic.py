"""Training canvases for the detector: one, four or nine turned and scaled pieces of scenes on a square."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.geometry import apply_affine, face_frame, rotated_box_xywh
from train.augment import degrade, random_light, similarity_about
from train.scenes import Scene

__all__ = ["Faces", "MosaicSource", "cover", "fitting_shift", "move_faces", "tile", "warp_scene"]

SMALLEST_FACE_PX = 7.0
LEAST_VISIBLE = 0.45
FILLED = 0.75
"""A scene is not shrunk to less than this share of its piece: flat colour teaches nothing."""
IMPOSTOR_SHARE = 0.25
"""How often a piece shows what a detector took for a face, where there is a face to show instead."""
UPRIGHT_SHARE = 0.72
"""How often a piece is turned by some 13 degrees only; otherwise by any angle."""
PIXELATED_SHARE = 0.16
FITTED_SHARE = 0.8
"""How often a scene is moved so that as much of it as possible lies in its piece."""
COVERED_SHARE = 0.3
"""How often a piece with a face has another picture before a part of that face."""
SMALLEST_COVERED_PX = 14.0
MOST_COVERED = 0.5
"""Share of its box from which a covered face is ignored."""
_FIVE_FLIP = [1, 0, 2, 4, 3]
_LAYOUTS = ((1, 0.42), (2, 0.35), (3, 0.23))
"""Pieces a side and how often."""


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


@dataclass(frozen=True, slots=True)
class MosaicSource:
    """Draws canvases from scenes, each pack with its own weight."""

    scenes: Sequence[Sequence[Scene]]
    """Scenes by pack."""
    weights: np.ndarray
    """`(packs,)`, sum 1."""
    canvas_px: int = 192
    covers: Sequence[np.ndarray] = ()
    """Pictures `(h, w, 3)` without a face, to put before faces."""

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, Faces]:
        """A canvas `(s, s, 3)` uint8 and its faces."""
        counts, chances = zip(*_LAYOUTS, strict=True)
        count = int(rng.choice(counts, p=chances))
        side = self.canvas_px // count
        canvas = np.zeros((self.canvas_px, self.canvas_px, 3), np.uint8)
        parts = []
        for row in range(count):
            for column in range(count):
                piece, faces = tile(self._scene(rng), side, self.canvas_px, rng)
                if len(self.covers) and rng.random() < COVERED_SHARE:
                    cover(piece, faces, self.covers[int(rng.integers(len(self.covers)))], rng)
                corner = np.array([column * side, row * side], np.float32)
                canvas[row * side : (row + 1) * side, column * side : (column + 1) * side] = piece
                faces.boxes[:, :2] += corner
                faces.points += corner
                parts.append(faces)
        if rng.random() < 0.7:
            canvas = random_light(canvas, rng)
        if rng.random() < 0.5:
            canvas = degrade(canvas, rng, smallest_px=0.6 * self.canvas_px)
        return canvas, Faces.join(parts)

    def _scene(self, rng: np.random.Generator) -> Scene:
        pack = self.scenes[int(rng.choice(len(self.scenes), p=self.weights))]
        return pack[int(rng.integers(len(pack)))]


def tile(scene: Scene, side: int, canvas_px: int, rng: np.random.Generator) -> tuple[np.ndarray, Faces]:
    """A square piece of a scene, turned at random, usually around one of its faces or of its impostors."""
    angle = rng.normal(0, np.pi / 14) if rng.random() < UPRIGHT_SHARE else rng.uniform(-np.pi, np.pi)
    mirror = bool(rng.random() < 0.5)
    sizes = np.sqrt(scene.boxes[:, 2:].prod(1))
    chosen = np.flatnonzero(~scene.ignore & (sizes >= SMALLEST_FACE_PX)) if len(scene.boxes) else np.zeros(0, int)
    focused = None
    if len(scene.impostors) and rng.random() < (IMPOSTOR_SHARE if len(chosen) else 0.7):
        focused = scene.impostors[int(rng.integers(len(scene.impostors)))]
    elif len(chosen) and rng.random() < 0.85:
        focused = scene.boxes[_face(scene, chosen, rng)]
    if focused is not None:
        size = max(float(np.sqrt(focused[2:].prod())), 4.0)
        wanted = np.exp(rng.uniform(np.log(10), np.log(0.95 * side)))
        floor = FILLED * side / max(scene.image.shape[:2])
        scale = min(max(wanted / size, floor), 3.0)
        focus = focused[:2] + focused[2:] / 2
        room = max(0.0, side - 0.8 * scale * size) / 2
        target = side / 2 + rng.uniform(-1, 1, 2) * room
    else:
        height, width = scene.image.shape[:2]
        scale = side / max(height, width) * np.exp(rng.uniform(np.log(0.7), np.log(3.0)))
        focus = rng.uniform(0.15, 0.85, 2) * (width, height)
        target = np.full(2, side / 2)
    matrix = similarity_about(focus, target, scale, angle, mirror)
    if rng.random() < FITTED_SHARE:
        matrix[:, 2] += fitting_shift(matrix, scene.image.shape[1], scene.image.shape[0], side)
    piece = warp_scene(scene.image, matrix, side, rng)
    faces = move_faces(scene, matrix, mirror, angle, side)
    if rng.random() < PIXELATED_SHARE:
        small = max(8, round(side / rng.uniform(1.3, 7)))
        low = cv2.resize(piece, (small, small), interpolation=cv2.INTER_AREA)
        piece = cv2.resize(low, (side, side), interpolation=int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR])))
        lost = np.sqrt(faces.boxes[:, 2:].prod(1)) * small / side < SMALLEST_FACE_PX
        faces.ignore |= lost
    return piece, faces


def fitting_shift(matrix: np.ndarray, width: int, height: int, side: int) -> np.ndarray:
    """The least shift `(2,)` px after which a scene, moved by `matrix`, leaves no margin of its piece empty that it
    could fill, and has no part outside for which there is room inside."""
    corners = apply_affine(matrix, np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32) - 0.5)
    low, high = corners.min(0) + 0.5, corners.max(0) + 0.5
    least, most = np.minimum(-low, side - high), np.maximum(-low, side - high)
    shift: np.ndarray = np.clip(0, least, most)
    return shift


def cover(piece: np.ndarray, faces: Faces, other: np.ndarray, rng: np.random.Generator) -> None:
    """Puts an ellipse of another picture before a part of one face, from some side, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; one that is covered by more than half is ignored from now on.
        other: `(h, w, 3)` uint8.
        rng: source of chance.
    """
    sizes = np.sqrt(faces.boxes[:, 2:].prod(1))
    chosen = np.flatnonzero(~faces.ignore & (sizes >= SMALLEST_COVERED_PX))
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
    y, x = np.ogrid[low[1] : high[1], low[0] : high[0]]
    inside = ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 <= 1
    height, width = other.shape[:2]
    scale = min(1.0, min(height / (high[1] - low[1]), width / (high[0] - low[0])))
    rows, columns = (max(1, int(scale * span)) for span in (high - low)[::-1])
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    patch = cv2.resize(
        other[top : top + rows, left : left + columns], (high - low).tolist(), interpolation=cv2.INTER_LINEAR
    )
    np.copyto(piece[low[1] : high[1], low[0] : high[0]], patch, where=inside[..., None])
    first = np.rint(corner).astype(int)
    last = np.maximum(np.rint(corner + extent).astype(int), first + 1)
    shown = inside[
        max(first[1] - low[1], 0) : max(last[1] - low[1], 0), max(first[0] - low[0], 0) : max(last[0] - low[0], 0)
    ]
    faces.ignore[face] |= bool(shown.sum() > MOST_COVERED * (last - first).prod())


def _face(scene: Scene, chosen: np.ndarray, rng: np.random.Generator) -> int:
    """One of the faces `chosen`, up to five times as often where a detector was not sure of it."""
    if scene.sureness is None:
        return int(rng.choice(chosen))
    weight = 1.25 - scene.sureness[chosen]
    return int(rng.choice(chosen, p=weight / weight.sum()))


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


def move_faces(scene: Scene, matrix: np.ndarray, mirror: bool, turn: float, side: int) -> Faces:
    """A scene's faces under the similarity, cut at the square's border; hidden and tiny ones are ignored."""
    boxes = rotated_box_xywh(scene.boxes, matrix)
    points = apply_affine(matrix, scene.points) if len(scene.points) else scene.points
    if mirror:
        points = points[:, _FIVE_FLIP]
    known = np.isfinite(points).all((1, 2))
    angle = np.where(known, face_frame(np.nan_to_num(points))[2], turn) if len(points) else np.zeros(0)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    cut_low, cut_high = np.clip(low, 0, side), np.clip(high, 0, side)
    area = np.prod(cut_high - cut_low, 1)
    visible = area / np.maximum(boxes[:, 2:].prod(1), 1e-6)
    inside = area > 0
    ignore = scene.ignore | (visible < LEAST_VISIBLE) | (np.sqrt(boxes[:, 2:].prod(1)) < SMALLEST_FACE_PX)
    cut = np.concatenate([cut_low, cut_high - cut_low], 1).astype(np.float32)
    partly = visible < 0.75  # a face cut in half keeps its box, its points are no longer worth learning
    points = np.where(partly[:, None, None], np.nan, points)
    weight = np.where(known, 1.0, 0.4)
    keep = inside
    return Faces(cut[keep], points[keep].astype(np.float32), angle[keep], weight[keep], ignore[keep])
