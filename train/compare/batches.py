"""The images of a comparison: chosen, disturbed, drawn in batches."""

from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.errors import UsageError
from smile_edge.geometry.affine import apply_affine, similarity_about
from train.augmentation.photometric import random_light
from train.data.formats.kaggle import IMAGE_PX, KeypointSet
from train.engine.prefetch import Batch

__all__ = ["IMAGE_MIDDLE", "PointBatches", "disturbed", "parse_augmentation", "subset"]

MAX_TURN = np.radians(20)
MAX_SHIFT_PX = 8.0
DISTURBANCES = ("rotation", "shift", "light")

IMAGE_MIDDLE = np.full(2, (IMAGE_PX - 1) / 2, np.float32)
"""px."""


def parse_augmentation(text: str) -> frozenset[str]:
    """`rotation+shift` to its parts; `none` to the empty set.

    Raises:
        UsageError: a part is unknown.
    """
    parts = frozenset() if text == "none" else frozenset(text.split("+"))
    unknown = sorted(parts.difference(DISTURBANCES))
    if unknown:
        raise UsageError(f"--augment {text}: {unknown[0]!r} is none of {', '.join(DISTURBANCES)}; or say none")
    return parts


def subset(data: KeypointSet, chosen: np.ndarray) -> KeypointSet:
    """The images that a mask or a list of indices names."""
    indices = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    groups = tuple(data.groups[i] for i in indices)
    return KeypointSet(
        np.asarray(data.images[indices]), data.points[indices], data.weights[indices], data.names, groups
    )


def _disturb(
    image: np.ndarray, points: np.ndarray, weights: np.ndarray, parts: frozenset[str], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One image turned and shifted; a point that leaves it loses its weight."""
    if parts & {"rotation", "shift"}:
        turn = rng.uniform(-MAX_TURN, MAX_TURN) if "rotation" in parts else 0.0
        shift = rng.uniform(-MAX_SHIFT_PX, MAX_SHIFT_PX, 2) if "shift" in parts else np.zeros(2)
        matrix = similarity_about(IMAGE_MIDDLE, IMAGE_MIDDLE + shift, 1.0, turn)
        image = cv2.warpAffine(image, matrix, (IMAGE_PX, IMAGE_PX), borderMode=cv2.BORDER_REPLICATE)
        points = apply_affine(matrix, points)
        inside = np.all((points >= -0.5) & (points <= IMAGE_PX - 0.5), axis=-1)
        weights = weights * inside
        points = np.where(inside[:, None], points, 0)
    if "light" in parts:
        image = cv2.cvtColor(random_light(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), rng), cv2.COLOR_BGR2GRAY)
    return image, points, weights


def disturbed(data: KeypointSet, seed: int = 7) -> KeypointSet:
    """Every image turned and shifted once: shows what a network makes of a face that is not where it usually is."""
    rng, parts = np.random.default_rng(seed), frozenset(("rotation", "shift"))
    rows = [_disturb(*row, parts, rng) for row in zip(data.images, data.points, data.weights, strict=True)]
    images, points, weights = (np.stack(column) for column in zip(*rows, strict=True))
    return KeypointSet(images, points, weights, data.names, data.groups)


@dataclass(frozen=True, slots=True)
class PointBatches:
    """Draws augmented batches."""

    data: KeypointSet
    augmentation: frozenset[str]
    batch: int = 32

    def __call__(self, rng: np.random.Generator) -> Batch:
        """One batch: images `(b, 96, 96, 1)` uint8; `points (b, k, 2)` px and `weights (b, k)`."""
        data = self.data
        rows = [
            _disturb(data.images[i], data.points[i], data.weights[i], self.augmentation, rng)
            for i in rng.integers(len(data.images), size=self.batch)
        ]
        images, points, weights = (np.stack(column) for column in zip(*rows, strict=True))
        return images[..., None], {"points": points.astype(np.float32), "weights": weights.astype(np.float32)}
