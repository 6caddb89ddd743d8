"""Stored upright crops of labelled faces: each face is cut once, a training step warps it once more."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import ImageError
from smile_edge.geometry.affine import apply_affine, crop_matrix, similarity_about
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.decode import read_image
from train.data.samples import FaceSample
from train.errors import DataError

__all__ = [
    "CROP_PX",
    "CROP_SCALE",
    "STORED_PX",
    "STORED_SCALE",
    "TIGHT_CROP",
    "WIDE_CROP",
    "CropGeometry",
    "cut_face",
    "load_array",
    "move_points",
    "read_bgr",
    "stored_crops",
    "stored_matrices",
    "stored_matrix",
    "validation_crops",
    "warp_about",
]

CROP_PX = 96
CROP_SCALE = 2.6
"""Side of the crop in face sizes (`geometry.face_roi`)."""
STORED_PX = 160
STORED_SCALE = 3.9
"""Side of a stored crop in face sizes: room for the shifts and turns of augmentation around a 2.6 crop."""


@dataclass(frozen=True, slots=True)
class CropGeometry:
    """Where the network's crop lies around a face, and how stored crops leave room for its augmentation.

    Example:
        >>> CropGeometry(scale=3.1, shift=0.2, stored_px=192, stored_scale=4.6).anchor_px
        array([95.5      , 87.152176], dtype=float32)
    """

    scale: float = CROP_SCALE
    """Side of the network's crop in face sizes."""
    shift: float = 0.0
    """How far the crop's centre lies below the face's along the face's own axis, in face sizes."""
    stored_px: int = STORED_PX
    stored_scale: float = STORED_SCALE
    """Side of a stored crop in face sizes; its centre is shifted like the network's crop."""

    @property
    def stored_face_px(self) -> float:
        """Size of a face in a stored crop, px."""
        return self.stored_px / self.stored_scale

    @property
    def face_px(self) -> float:
        """Size of a face in the network's crop, px."""
        return CROP_PX / self.scale

    @property
    def anchor_px(self) -> np.ndarray:
        """`(2,)` px of a stored crop: the centre of the face."""
        middle = (self.stored_px - 1) / 2
        return np.array([middle, middle - self.shift * self.stored_face_px], np.float32)

    def warp(self, turn: float, zoom: float, moved: np.ndarray, mirror: bool = False) -> np.ndarray:
        """`(2, 3)` from px of a stored crop to px of the network's.

        Args:
            turn: error of the face's angle, rad.
            zoom: factor by which the face is larger than it should be.
            moved: `(2,)` error of the face's centre, px of the stored crop.
            mirror: whether the face is mirrored first.
        """
        return warp_about(self, self.anchor_px, self.stored_face_px, turn, zoom, moved, mirror)


def warp_about(
    geometry: CropGeometry,
    anchor_px: np.ndarray,
    face_px: float,
    turn: float,
    zoom: float,
    moved: np.ndarray,
    mirror: bool = False,
) -> np.ndarray:
    """`CropGeometry.warp` out of a crop stored with another geometry: its face's centre and size are given."""
    middle = (CROP_PX - 1) / 2
    target = np.array([middle, middle - geometry.shift * geometry.face_px], np.float32)
    return similarity_about(anchor_px + moved, target, geometry.face_px / face_px * zoom, turn, mirror)


TIGHT_CROP = CropGeometry()
"""Of the network of 49 points."""
WIDE_CROP = CropGeometry(2.8, 0.2, 192, 4.6)
"""Of the network of 70 points: chin and jaw lie inside for 99 % of the faces (tracked, `train/EXPERIMENTS.md`)."""


def read_bgr(path: Path) -> np.ndarray:
    """An image as `(h, w, 3)` uint8 BGR.

    Raises:
        DataError: the file is missing or is not an image.
    """
    try:
        return read_image(path)
    except ImageError as error:
        raise DataError(f"image {error}") from None


def cut_face(
    image: np.ndarray, five: np.ndarray, scale: float, pixels: int, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The upright square crop around a face and the matrix `(2, 3)` that made it."""
    matrix = _matrix(five, scale, pixels, shift)
    return cv2.warpAffine(image, matrix, (pixels, pixels), flags=cv2.INTER_LINEAR), matrix


def stored_crops(
    samples: Sequence[FaceSample], cache: Path, geometry: CropGeometry = TIGHT_CROP
) -> tuple[np.ndarray, np.ndarray]:
    """Crops `(n, s, s, 3)` uint8 BGR, cut once and kept under `cache`, and targets `(n, k, 3)` px of the crop."""

    def cut(sample: FaceSample) -> np.ndarray:
        image, five = read_bgr(sample.image), sample.five()
        return cut_face(image, five, geometry.stored_scale, geometry.stored_px, geometry.shift)[0]

    def build() -> np.ndarray:
        with ThreadPoolExecutor(4) as pool:
            return np.stack(list(pool.map(cut, samples)))

    places = [[str(sample.image), *sample.five().ravel().tolist()] for sample in samples]
    plan: list[object] = [geometry.stored_px, geometry.stored_scale, places]
    crops = load_array(cache / f"faces-{_key(plan + [geometry.shift] * (geometry.shift != 0))}.npy", build)
    targets = np.stack([sample.targets for sample in samples])
    targets[..., :2] = apply_affine(stored_matrices(samples, geometry), targets[..., :2])
    return crops, targets


def stored_matrices(samples: Sequence[FaceSample], geometry: CropGeometry = TIGHT_CROP) -> np.ndarray:
    """`(n, 2, 3)`: from image px to px of the stored crop."""
    return np.stack([stored_matrix(sample.five(), geometry) for sample in samples])


def stored_matrix(five: np.ndarray, geometry: CropGeometry = TIGHT_CROP) -> np.ndarray:
    """`(2, 3)`: from image px to px of the stored crop around five points `(5, 2)` px."""
    return _matrix(five, geometry.stored_scale, geometry.stored_px, geometry.shift)


def load_array(path: Path, build: Callable[[], np.ndarray]) -> np.ndarray:
    """The array kept at `path`, memory-mapped; built and written first where it is not there yet."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, build())
        partial.rename(path)
    return np.load(path, mmap_mode="r")


def _matrix(five: np.ndarray, scale: float, pixels: int, shift: float = 0.0) -> np.ndarray:
    centre, size, angle = face_roi(five)
    if shift:
        centre = centre + shift * size * np.array([-np.sin(angle), np.cos(angle)], np.float32)
    return crop_matrix(centre, scale * size, angle, pixels)


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def move_points(points: np.ndarray, flip: np.ndarray, matrix: np.ndarray, mirror: bool) -> np.ndarray:
    """Points with weights `(k, 3)` under a similarity `(2, 3)`; those of a mirrored face change their names."""
    points = points[flip] if mirror else points.copy()
    points[:, :2] = apply_affine(matrix, points[:, :2])
    return points


def validation_crops(
    crops: np.ndarray, targets: np.ndarray, geometry: CropGeometry = TIGHT_CROP
) -> tuple[np.ndarray, np.ndarray]:
    """The network's crops `(n, 96, 96, 3)` out of stored ones, each disturbed in a fixed way, and their targets."""
    rng = np.random.default_rng(7)
    images, labels = [], []
    for crop, target in zip(crops, targets, strict=True):
        moved = rng.normal(0, 0.05 * geometry.stored_face_px, 2)
        zoom = np.exp(rng.normal(0, 0.05))
        matrix = geometry.warp(rng.normal(0, np.radians(4)), zoom, moved)
        images.append(cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR))
        label = target.copy()
        label[:, :2] = apply_affine(matrix, label[:, :2])
        labels.append(label)
    return np.stack(images), np.stack(labels)
