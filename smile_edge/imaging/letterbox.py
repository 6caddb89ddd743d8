"""Images shrunk into one black batch, as the detector's network takes them."""

from collections.abc import Sequence

import cv2
import numpy as np

from smile_edge.geometry.boxes import letterbox_scale
from smile_edge.types import FloatArray, Image

__all__ = ["preprocess"]


def preprocess(images: Sequence[Image], long_side: int, multiple: int) -> tuple[FloatArray, list[float]]:
    """Images shrunk to `long_side` and put into the top left of one black batch.

    Args:
        images: `(h, w, 3)` BGR each.
        long_side: longest side of an image in the batch; smaller images are not enlarged.
        multiple: height and width of the batch are multiples of this.

    Returns:
        `(n, 3, H, W)` float32 0..255 and the scale of each image.
    """
    scales = [letterbox_scale(image.shape[1], image.shape[0], long_side) for image in images]
    return batch_images([shrink_image(image, long_side) for image in images], multiple), scales


def batch_images(images: Sequence[Image], multiple: int) -> FloatArray:
    """Images `(h, w, 3)` in the top left of one black batch `(n, 3, H, W)`."""
    sizes = [padded_size(image, multiple) for image in images]
    height, width = (max(size[axis] for size in sizes) for axis in (0, 1))
    batch = np.empty((len(images), 3, height, width), np.float32)
    for slot, image in zip(batch, images, strict=True):
        rows, columns = image.shape[:2]
        planes = np.empty((3, rows, columns), np.uint8)
        cv2.split(image, list(planes))
        slot[:, :rows, :columns] = planes
        slot[:, rows:] = slot[:, :rows, columns:] = 0
    return batch


def padded_size(image: Image, multiple: int) -> tuple[int, int]:
    """Height and width of an image, rounded up."""
    return -(-image.shape[0] // multiple) * multiple, -(-image.shape[1] // multiple) * multiple


def shrink_image(image: Image, long_side: int) -> Image:
    """An image of at most `long_side`, bilinear; from twice that on in steps of a half, which OpenCV averages fast."""
    scale = letterbox_scale(image.shape[1], image.shape[0], long_side)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = cv2.resize(image[: half[1] * 2, : half[0] * 2], half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    return image
