"""Images with one labelled dot."""

import numpy as np

from train.data.formats.kaggle import SMILE_POINTS, KeypointSet

__all__ = ["dots"]


def dots(count=3):
    """Black images with one bright dot, which is the only labelled point."""
    images, points = np.zeros((count, 96, 96), np.uint8), np.zeros((count, 4, 2), np.float32)
    for i in range(count):
        points[i, 0] = 40 + 5 * i, 50 - 5 * i
        images[i, 49 - 5 * i : 52 - 5 * i, 39 + 5 * i : 42 + 5 * i] = 255
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1))
    return KeypointSet(images, points, weights, SMILE_POINTS, tuple(map(str, range(count))))
