"""Stored upright crops of labelled faces: each face is cut once, a training step warps it once more."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    "cut_face",
    "load_array",
    "move_points",
    "read_bgr",
    "stored_crops",
    "stored_matrices",
    "validation_crops",
]

CROP_PX = 96
CROP_SCALE = 2.6
"""Side of the crop in face sizes (`geometry.face_roi`)."""
STORED_PX = 160
STORED_SCALE = 3.9
"""Side of a stored crop in face sizes: room for the shifts and turns of augmentation around a 2.6 crop."""


def read_bgr(path: Path) -> np.ndarray:
    """An image as `(h, w, 3)` uint8 BGR.

    Raises:
        DataError: the file is missing or is not an image.
    """
    try:
        return read_image(path)
    except ImageError as error:
        raise DataError(f"image {error}") from None


def cut_face(image: np.ndarray, five: np.ndarray, scale: float, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """The upright square crop around a face and the matrix `(2, 3)` that made it."""
    matrix = _matrix(five, scale, pixels)
    return cv2.warpAffine(image, matrix, (pixels, pixels), flags=cv2.INTER_LINEAR), matrix


def stored_crops(samples: Sequence[FaceSample], cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops `(n, 160, 160, 3)` uint8 BGR, cut once and kept under `cache`, and targets `(n, 51, 3)` px of the crop."""

    def cut(sample: FaceSample) -> np.ndarray:
        return cut_face(read_bgr(sample.image), sample.five(), STORED_SCALE, STORED_PX)[0]

    def build() -> np.ndarray:
        with ThreadPoolExecutor(4) as pool:
            return np.stack(list(pool.map(cut, samples)))

    places = [[str(sample.image), *sample.five().ravel().tolist()] for sample in samples]
    crops = load_array(cache / f"faces-{_key([STORED_PX, STORED_SCALE, places])}.npy", build)
    targets = np.stack([sample.targets for sample in samples])
    targets[..., :2] = apply_affine(stored_matrices(samples), targets[..., :2])
    return crops, targets


def stored_matrices(samples: Sequence[FaceSample]) -> np.ndarray:
    """`(n, 2, 3)`: from image px to px of the stored crop."""
    return np.stack([_matrix(sample.five(), STORED_SCALE, STORED_PX) for sample in samples])


def load_array(path: Path, build: Callable[[], np.ndarray]) -> np.ndarray:
    """The array kept at `path`, memory-mapped; built and written first where it is not there yet."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, build())
        partial.rename(path)
    return np.load(path, mmap_mode="r")


def _matrix(five: np.ndarray, scale: float, pixels: int) -> np.ndarray:
    centre, size, angle = face_roi(five)
    return crop_matrix(centre, scale * size, angle, pixels)


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def move_points(points: np.ndarray, flip: np.ndarray, matrix: np.ndarray, mirror: bool) -> np.ndarray:
    """Points with weights `(k, 3)` under a similarity `(2, 3)`; those of a mirrored face change their names."""
    points = points[flip] if mirror else points.copy()
    points[:, :2] = apply_affine(matrix, points[:, :2])
    return points


def validation_crops(crops: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network's crops `(n, 96, 96, 3)` out of stored ones, each disturbed in a fixed way, and their targets."""
    rng = np.random.default_rng(7)
    zoom = STORED_SCALE / CROP_SCALE * CROP_PX / STORED_PX
    images, labels = [], []
    for crop, target in zip(crops, targets, strict=True):
        shift = rng.normal(0, 0.05 * STORED_PX / STORED_SCALE, 2)
        middle = np.full(2, (STORED_PX - 1) / 2)
        scale = zoom * np.exp(rng.normal(0, 0.05))
        matrix = similarity_about(middle + shift, np.full(2, (CROP_PX - 1) / 2), scale, rng.normal(0, np.radians(4)))
        images.append(cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR))
        label = target.copy()
        label[:, :2] = apply_affine(matrix, label[:, :2])
        labels.append(label)
    return np.stack(images), np.stack(labels)
