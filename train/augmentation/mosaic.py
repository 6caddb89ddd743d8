"""Training canvases for the detector: one, four or nine turned and scaled pieces of scenes on a square."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.geometry.affine import similarity_about
from train.augmentation.copy_paste import paste_face, paste_head
from train.augmentation.degradation import degrade
from train.augmentation.occlusion import cover
from train.augmentation.photometric import random_light
from train.augmentation.scene_transforms import SMALLEST_FACE_PX, fitting_shift, move_faces, warp_scene
from train.data.instances import Instances
from train.data.scenes import Scene

__all__ = ["MosaicSource", "natural", "pixelate", "tile"]

FILLED = 0.75
"""A scene is not shrunk to less than this share of its piece: flat colour teaches nothing."""
HARD_NEGATIVE_SHARE = 0.25
"""How often a piece shows what a detector took for a face, where there is a face to show instead."""
UPRIGHT_SHARE = 0.72
"""How often a piece is turned by some 13 degrees only; otherwise by any angle."""
PIXELATED_SHARE = 0.2
"""How often a piece is brought down to few pixels and back."""
PIXELATED_FACE_PX = (9.0, 45.0)
"""Pixels that are left of the face it is about."""
FITTED_SHARE = 0.8
"""How often a scene is moved so that as much of it as possible lies in its piece."""
COVERED_SHARE = 0.3
"""How often a piece with a face has another picture before a part of that face."""
JOINED_SHARE = 0.2
"""How often somebody else's face is put before a piece with a face, cheek to cheek, if the scene drawn has one."""
HEAD_SHARE = 0.3
"""How often a head turned aside, and then perhaps another, is put on a natural canvas; half as often on a piece."""
NATURAL_SCALE = (0.45, 1.15)
"""Pixels of a canvas for one of a scene that is shown as the runtime shows it: the whole of it, or a window."""
_TRIES = 20
_LAYOUTS = ((1, 0.42), (2, 0.35), (3, 0.23))
"""Pieces a side and how often."""


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
    heads: Sequence[Scene] = ()
    """Heads to put before faces (`cut_out_heads.load_heads`)."""
    natural_share: float = 0.0
    """How often a canvas is one scene as the runtime shows it: upright, as large, with nothing put before its faces."""

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
        """A canvas `(s, s, 3)` uint8 and its faces."""
        if rng.random() < self.natural_share and (scene := self._large_scene(rng)) is not None:
            return self._natural(scene, rng)
        counts, chances = zip(*_LAYOUTS, strict=True)
        count = int(rng.choice(counts, p=chances))
        side = self.canvas_px // count
        canvas = np.zeros((self.canvas_px, self.canvas_px, 3), np.uint8)
        parts = []
        for row in range(count):
            for column in range(count):
                piece, faces = self._piece(side, rng)
                corner = np.array([column * side, row * side], np.float32)
                canvas[row * side : (row + 1) * side, column * side : (column + 1) * side] = piece
                faces.boxes[:, :2] += corner
                faces.points += corner
                parts.append(faces)
        if rng.random() < 0.7:
            canvas = random_light(canvas, rng)
        if rng.random() < 0.5:
            canvas = degrade(canvas, rng, smallest_px=0.6 * self.canvas_px)
        return canvas, Instances.join(parts)

    def _natural(self, scene: Scene, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
        """A canvas of one scene, in the light it has or another, and its faces."""
        canvas, faces = natural(scene, self.canvas_px, rng)
        faces = self._with_head(canvas, faces, HEAD_SHARE, rng)
        if rng.random() < 0.4:
            canvas = random_light(canvas, rng)
        if rng.random() < 0.15:
            canvas = degrade(canvas, rng, smallest_px=0.6 * self.canvas_px)
        return canvas, faces

    def _piece(self, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
        """One piece `(side, side, 3)` uint8 of the canvas with what was put before its faces, and its faces."""
        piece, faces = tile(self._scene(rng), side, rng)
        faces = self._with_head(piece, faces, HEAD_SHARE / 2, rng)
        if rng.random() < JOINED_SHARE:
            faces = paste_face(piece, faces, self._scene(rng), rng)
        if len(self.covers) and rng.random() < COVERED_SHARE:
            cover(piece, faces, self.covers[int(rng.integers(len(self.covers)))], rng)
        if rng.random() < PIXELATED_SHARE:
            piece = pixelate(piece, faces, rng)
        return piece, faces

    def _with_head(self, piece: np.ndarray, faces: Instances, share: float, rng: np.random.Generator) -> Instances:
        """All faces of a piece after a head was put there with the chance `share`, then perhaps another."""
        while len(self.heads) and rng.random() < share:
            faces = paste_head(piece, faces, self.heads[int(rng.integers(len(self.heads)))], rng)
        return faces

    def _large_scene(self, rng: np.random.Generator) -> Scene | None:
        """A scene that need not be enlarged to fill a canvas, if a few draws give one."""
        drawn = (self._scene(rng) for _ in range(_TRIES))
        return next((scene for scene in drawn if max(scene.image.shape[:2]) >= self.canvas_px), None)

    def _scene(self, rng: np.random.Generator) -> Scene:
        pack = self.scenes[int(rng.choice(len(self.scenes), p=self.weights))]
        return pack[int(rng.integers(len(pack)))]


def tile(scene: Scene, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
    """A square piece of a scene, turned at random, usually around one of its faces or of its hard negatives."""
    angle = rng.normal(0, np.pi / 14) if rng.random() < UPRIGHT_SHARE else rng.uniform(-np.pi, np.pi)
    mirror = bool(rng.random() < 0.5)
    sizes = np.sqrt(scene.boxes[:, 2:].prod(1))
    chosen = np.flatnonzero(~scene.ignore & (sizes >= SMALLEST_FACE_PX)) if len(scene.boxes) else np.zeros(0, int)
    focused = None
    if len(scene.hard_negatives) and rng.random() < (HARD_NEGATIVE_SHARE if len(chosen) else 0.7):
        focused = scene.hard_negatives[int(rng.integers(len(scene.hard_negatives)))]
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
    return piece, faces


def natural(scene: Scene, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
    """A square window of a scene as the runtime sees it, turned by a few degrees, around one of its faces if it has
    some; scenes that are smaller than it are shown whole."""
    height, width = scene.image.shape[:2]
    angle = rng.normal(0, np.pi / 60)
    mirror = bool(rng.random() < 0.5)
    scale = max(float(np.exp(rng.uniform(*np.log(NATURAL_SCALE)))), FILLED * side / max(height, width))
    chosen = np.flatnonzero(~scene.ignore) if len(scene.boxes) else np.zeros(0, int)
    if len(chosen) and rng.random() < 0.8:
        box = scene.boxes[_face(scene, chosen, rng)]
        size = float(np.sqrt(box[2:].prod()))
        scale = min(scale, 0.95 * side / size)
        focus = box[:2] + box[2:] / 2
        room = max(0.0, side - scale * size) / 2
        target = side / 2 + rng.uniform(-1, 1, 2) * room
    else:
        focus, target = rng.uniform(0, 1, 2) * (width, height), np.full(2, side / 2)
    matrix = similarity_about(focus, target, scale, angle, mirror)
    matrix[:, 2] += fitting_shift(matrix, width, height, side)
    return warp_scene(scene.image, matrix, side, rng), move_faces(scene, matrix, mirror, angle, side)


def pixelate(piece: np.ndarray, faces: Instances, rng: np.random.Generator) -> np.ndarray:
    """The piece brought down until few pixels of one of its faces are left, and back to its size; faces of which too
    few are left are ignored from now on."""
    side = piece.shape[0]
    sizes = np.sqrt(faces.boxes[:, 2:].prod(1))
    chosen = faces.countable(PIXELATED_FACE_PX[0])
    if len(chosen):
        left = np.exp(rng.uniform(*np.log(PIXELATED_FACE_PX))) / sizes[int(rng.choice(chosen))]
    else:
        left = np.exp(-rng.uniform(*np.log((1.3, 12.0))))
    small = int(np.clip(round(side * left), 8, side))
    faces.ignore |= sizes * small / side < SMALLEST_FACE_PX
    low = cv2.resize(piece, (small, small), interpolation=cv2.INTER_AREA)
    way = int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR]))
    return np.asarray(cv2.resize(low, (side, side), interpolation=way), np.uint8)


def _face(scene: Scene, chosen: np.ndarray, rng: np.random.Generator) -> int:
    """One of the faces `chosen`, up to five times as often where a detector was not sure of it."""
    if scene.detector_scores is None:
        return int(rng.choice(chosen))
    weight = 1.25 - scene.detector_scores[chosen]
    return int(rng.choice(chosen, p=weight / weight.sum()))
