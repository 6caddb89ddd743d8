"""Large pictures with small faces at known places: generated, or of a pack's faces before face-free pictures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, crop_matrix
from smile_edge.geometry.face_roi import FACE_BOX, face_roi
from smile_edge.imaging.crops import cut_crop
from smile_edge.imaging.decode import read_image
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray, Image

__all__ = ["PastedFace", "Scene", "clutter", "mosaic", "paste_face", "portrait", "scene"]

PATCH = 1.8
"""Side of what is cut out around a face, in face heights."""
EDGE = (1.25, 1.18)
"""Half sizes of the ellipse that is pasted, in those of the face's box: the face with the edge of its hair."""
SPACING = 4
"""Side of the square that a pasted face has to itself, in face heights."""
COARSE = 8
"""How much smaller the canvas of coarse noise is, so that it is quick to make."""
ROW_PX = 400
"""Height of the pictures of a mosaic."""


@dataclass(frozen=True, slots=True, eq=False)
class PastedFace:
    """A picture and the five points `(5, 2)` px of a face in it."""

    image: Image
    five: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and the five points `(k, 5, 2)` px of all its faces."""

    image: Image
    five: FloatArray


def portrait() -> PastedFace:
    """The face that comes with the package."""
    image, points = load_portrait()
    return PastedFace(image, TOPOLOGY_49.five_points(points))


def clutter(width: int, height: int, rng: np.random.Generator) -> Image:
    """Noise of every size, from half of the picture down to two pixels, stronger where it is large: no face."""
    coarse = np.full((height // COARSE + 1, width // COARSE + 1, 3), 128, np.float32)
    strength, cell = 40.0, max(width, height) // 2
    while cell >= 2 * COARSE:
        _add_noise(coarse, strength, cell // COARSE, rng)
        strength, cell = 0.8 * strength, cell // (2 if cell < 64 else 3)
    size = (coarse.shape[1] * COARSE, coarse.shape[0] * COARSE)
    image = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)[:height, :width]
    while cell >= 2:
        _add_noise(image, strength, cell, rng)
        strength, cell = 0.8 * strength, cell // 2
    return np.clip(image, 0, 255).astype(np.uint8)


def _add_noise(image: FloatArray, strength: float, cell: int, rng: np.random.Generator) -> None:
    """Adds smooth noise of one size, mostly grey, as most of the world is."""
    height, width = image.shape[:2]
    noise = rng.standard_normal((height // cell + 2, width // cell + 2, 3), np.float32)
    noise = strength * (0.7 * noise.mean(-1, keepdims=True) + 0.3 * noise)
    size = (noise.shape[1] * cell, noise.shape[0] * cell)
    image += cv2.resize(noise, size, interpolation=cv2.INTER_LINEAR)[:height, :width]


def mosaic(width: int, height: int, rng: np.random.Generator, paths: Sequence[Path]) -> Image:
    """Face-free pictures side by side, `ROW_PX` high each."""
    image = np.zeros((height, width, 3), np.uint8)
    for top in range(0, height, ROW_PX):
        left = 0
        while left < width:
            part = read_image(paths[int(rng.integers(len(paths)))])
            size = (max(1, round(part.shape[1] * ROW_PX / part.shape[0])), ROW_PX)
            shrinks = size[1] < part.shape[0]
            part = np.asarray(
                cv2.resize(part, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8
            )
            part = part[: height - top, : width - left]
            image[top : top + part.shape[0], left : left + part.shape[1]] = part
            left += size[0]
    return image


def scene(
    background: Image,
    faces: Sequence[PastedFace],
    count: int,
    face_px: float,
    rng: np.random.Generator,
    *,
    turned: bool = True,
) -> Scene:
    """Faces at random places and turns, apart from each other, each a whole one within the picture.

    Args:
        background: is painted over.
        faces: are pasted in turn.
        count: how many; fewer where the picture has no room.
        face_px: height of the upright face's box.
        rng: says where and how turned.
        turned: by any angle, or upright.
    """
    cell = math.ceil(SPACING * face_px)
    columns, rows = background.shape[1] // cell, background.shape[0] // cell
    margin = (SPACING - PATCH) / 2 * face_px - 2
    five = []
    for index, place in enumerate(rng.permutation(columns * rows)[:count].tolist()):
        middle = (np.array([place % columns, place // columns]) + 0.5) * cell + rng.uniform(-margin, margin, 2)
        turn = rng.uniform(-math.pi, math.pi) if turned else 0.0
        five.append(paste_face(background, faces[index % len(faces)], middle, turn, face_px))
    return Scene(background, np.array(five, np.float32).reshape(-1, 5, 2))


def paste_face(image: Image, face: PastedFace, middle: np.ndarray, turn: float, face_px: float) -> FloatArray:
    """Paints a face into a picture, shrunk with area averaging, its edge blended.

    Args:
        image: is painted over.
        face: what is pasted.
        middle: `(2,)` px of the picture.
        turn: rad, clockwise.
        face_px: height of the upright face's box.

    Returns:
        Its five points `(5, 2)` px of the picture.
    """
    centre, size, angle = face_roi(face.five)
    patch_px = round(PATCH * face_px)
    source_px = patch_px * 2 * FACE_BOX.half_height * float(size) / face_px
    matrix = crop_matrix(centre, source_px, float(angle) - turn, patch_px)
    cut = cut_crop(face.image, matrix, patch_px)
    within = cut_crop(np.full(face.image.shape, 255, np.uint8), matrix, patch_px)[..., :1] / np.float32(255)
    opacity = _opacity(patch_px, turn, face_px)[..., None] * within
    left, top = (round(float(value) - (patch_px - 1) / 2) for value in middle)
    there = image[top : top + patch_px, left : left + patch_px]
    there[:] = np.rint(there * (1 - opacity) + cut * opacity)
    return apply_affine(matrix, face.five) + np.array([left, top], np.float32)


def _opacity(patch_px: int, turn: float, face_px: float) -> FloatArray:
    """`(patch_px, patch_px)`: 1 on the face, falling to 0 around its ellipse."""
    unit = face_px / (2 * FACE_BOX.half_height)
    middle, up = (patch_px - 1) / 2, FACE_BOX.up * unit
    cos, sin = math.cos(turn), math.sin(turn)
    y, x = np.mgrid[:patch_px, :patch_px].astype(np.float32)
    x, y = x - (middle + up * sin), y - (middle - up * cos)
    across = (x * cos + y * sin) / (EDGE[0] * FACE_BOX.half_width * unit)
    along = (y * cos - x * sin) / (EDGE[1] * FACE_BOX.half_height * unit)
    opacity: FloatArray = np.clip((1 - np.hypot(across, along)) * face_px / 3 + 0.5, 0, 1)
    return opacity
