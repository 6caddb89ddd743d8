"""The pictures of every landmark batch: backgrounds from images without a face, and what spoils a crop."""

from collections.abc import Sequence

import cv2
import numpy as np

from smile_edge.geometry.affine import similarity_about
from train.augmentation.degradation import degrade
from train.augmentation.occlusion import occlude
from train.augmentation.photometric import random_light
from train.augmentation.relighting import retone
from train.data.crop_cache import CROP_PX

__all__ = ["INVERTED_SHARE", "background_crop", "spoiled"]

INVERTED_SHARE = 0.08
"""How often a face is shown upside down and is none: the detector may take the chin for the forehead."""
TONED_SHARE = 0.35
"""How often what is in the middle of a crop becomes darker or lighter than it is, a face or not."""


def background_crop(negatives: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """`(96, 96, 3)` uint8: any part of one of the images without a face, at any size and angle, spoiled."""
    picture = negatives[int(rng.integers(len(negatives)))]
    height, width = picture.shape[:2]
    side = np.exp(rng.uniform(np.log(24), np.log(1.2 * max(height, width))))
    centre = rng.uniform(0, 1, 2) * (width, height)
    matrix = similarity_about(centre, np.full(2, (CROP_PX - 1) / 2), CROP_PX / side, rng.uniform(-np.pi, np.pi))
    return spoiled(cv2.warpAffine(picture, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR), negatives, rng)


def spoiled(
    image: np.ndarray, negatives: Sequence[np.ndarray], rng: np.random.Generator, *, covered: bool = False
) -> np.ndarray:
    """A crop `(96, 96, 3)` uint8 as a bad camera in bad light would give it, now and then with something before it.

    Args:
        image: the crop; may be written to.
        negatives: images without a face, parts of which cover the crop; may be empty.
        rng: draws what happens.
        covered: something covers it already.
    """
    if not covered and rng.random() < 0.25:
        image = occlude(image, rng, negatives[int(rng.integers(len(negatives)))] if negatives else None)
    if rng.random() < TONED_SHARE:
        size = np.array([0.75, 1.0]) * CROP_PX * rng.uniform(0.5, 1.0)
        retone(image, [np.concatenate([(CROP_PX - size) / 2, size])], rng)
    if rng.random() < 0.8:
        image = random_light(image, rng)
    return degrade(image, rng, smallest_px=14)
