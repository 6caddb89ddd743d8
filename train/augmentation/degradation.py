"""Blur, noise, compression and pixelation: how poor cameras and far faces look."""

import cv2
import numpy as np

from train.augmentation.photometric import INTERPOLATIONS

__all__ = ["degrade"]


def degrade(image: np.ndarray, rng: np.random.Generator, smallest_px: float) -> np.ndarray:
    """Loses detail as cameras and codecs do: low resolution, blur, motion, noise, JPEG.

    Args:
        image: `(s, s, 3)` uint8.
        rng: source of chance.
        smallest_px: the lowest resolution the image may be brought down to before it is blown up again.
    """
    side = image.shape[0]
    draw = rng.random(4)
    if draw[0] < 0.35:
        small = round(np.exp(rng.uniform(np.log(smallest_px), np.log(side))))
        low = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(low, (side, side), interpolation=int(rng.choice(INTERPOLATIONS)))
    if draw[1] < 0.12:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.2) * side / 96)
    elif draw[1] < 0.2:
        image = _motion_blur(image, rng)
    if draw[2] < 0.3:
        noise = rng.integers(0, 256, image.shape, np.uint8).astype(np.float32) - 127.5
        image = np.clip(image + noise * (rng.uniform(0.02, 0.16)), 0, 255).astype(np.uint8)
    if draw[3] < 0.12:
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 70))])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return image


def _motion_blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = (length - 1) / 2
    start, end = np.rint(middle - reach).astype(int), np.rint(middle + reach).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
