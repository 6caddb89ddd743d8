"""Images without a face: backgrounds, covers, and what must not be taken for a face."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import crop_matrix
from smile_edge.imaging.image_files import is_image_name
from train.data.crop_cache import read_bgr
from train.data.formats.kind import kind_of
from train.data.samples import held_out

__all__ = ["Negatives", "negative_crops", "read_negatives"]


@dataclass(frozen=True, slots=True)
class Negatives:
    """Face-free images, `(h, w, 3)` uint8 BGR each, split by file name."""

    train: list[np.ndarray]
    held_out: list[np.ndarray]


def read_negatives(folders: Sequence[Path]) -> Negatives:
    """Images of the packs that carry no label file."""
    paths = sorted(
        path
        for folder in folders
        if folder.is_dir() and kind_of(folder) is None
        for path in folder.iterdir()
        if is_image_name(path)
    )
    train = [read_bgr(path) for path in paths if not held_out(path.name)]
    return Negatives(train, [read_bgr(path) for path in paths if held_out(path.name)])


def negative_crops(images: Sequence[np.ndarray], count: int, pixels: int = 96) -> np.ndarray:
    """A fixed sample of square crops `(count, pixels, pixels, 3)` uint8 of face-free images; empty without images."""
    if not images:
        return np.zeros((0, pixels, pixels, 3), np.uint8)
    rng = np.random.default_rng(11)
    crops = []
    for i in range(count):
        image = images[i % len(images)]
        height, width = image.shape[:2]
        side = np.exp(rng.uniform(np.log(30), np.log(max(height, width))))
        matrix = crop_matrix(rng.uniform(0, 1, 2) * (width, height), side, rng.uniform(-np.pi, np.pi), pixels)
        crops.append(cv2.warpAffine(image, matrix, (pixels, pixels), flags=cv2.INTER_LINEAR))
    return np.stack(crops)
