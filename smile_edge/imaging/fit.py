"""Images of any size in a frame of one size."""

import cv2
import numpy as np

from smile_edge.types import Image

__all__ = ["fitted"]


def fitted(image: Image, size: tuple[int, int]) -> Image:
    """The image within `size` (width, height) px, its shape kept, centred on black."""
    width, height = size
    if image.shape[:2] == (height, width):
        return image
    canvas = np.zeros((height, width, 3), np.uint8)
    if not (0 <= height - image.shape[0] <= 1 and 0 <= width - image.shape[1] <= 1):
        scale = min(width / image.shape[1], height / image.shape[0])
        inner = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, inner, interpolation=method), np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas
