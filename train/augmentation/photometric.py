"""Augmentation of crops: one warp for the geometry, one look-up table for the light, then loss of detail and occlusion.

Everything works on uint8 BGR with OpenCV, which releases the GIL, so that batches are made in threads.
"""

import cv2
import numpy as np

__all__ = ["degrade", "occlude", "random_light", "similarity_about"]

_INTERPOLATIONS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


def similarity_about(
    source_centre: np.ndarray, target_centre: np.ndarray, scale: float, angle: float, mirror: bool = False
) -> np.ndarray:
    """`(2, 3)`: turns by `angle` rad, scales, optionally mirrors first, and carries one centre onto the other."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]], np.float32)
    if mirror:
        linear[:, 0] *= -1
    shift = np.asarray(target_centre, np.float32) - linear @ np.asarray(source_centre, np.float32)
    return np.concatenate([linear, shift[:, None]], 1)


def random_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random exposure, contrast, gamma and colour cast in one look-up; sometimes grey, sometimes lit from a side."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma, contrast, level = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.25)), rng.normal(0, 0.1)
    cast = np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    table = ((ramp**gamma - 0.5) * contrast + 0.5 + level) * cast
    image = cv2.LUT(image, np.clip(table * 255, 0, 255).astype(np.uint8).reshape(256, 1, 3))
    if rng.random() < 0.15:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < 0.15:
        image = _side_light(image, rng)
    return image


def _side_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.7)
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.cos(angle)
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.sin(angle)
    light = 1 + depth * np.clip(across[None] + down[:, None], -1, 1)
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


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
        image = cv2.resize(low, (side, side), interpolation=int(rng.choice(_INTERPOLATIONS)))
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


def occlude(image: np.ndarray, rng: np.random.Generator, cover: np.ndarray | None) -> np.ndarray:
    """Covers part of the image with a rectangle or an ellipse of another picture, of flat colour, or of noise.

    Args:
        image: `(s, s, 3)` uint8, changed in place and returned.
        rng: source of chance.
        cover: `(h, w, 3)` uint8 to cut the cover from, or None for flat colour only.
    """
    side = image.shape[0]
    extent = (rng.uniform(0.1, 0.45, 2) * side).astype(int) + 1
    corner = (rng.uniform(-0.1, 0.9, 2) * side).astype(int)
    low, high = np.maximum(corner, 0), np.minimum(corner + extent, side)
    if (high <= low).any():
        return image
    area = image[low[1] : high[1], low[0] : high[0]]
    if cover is not None and rng.random() < 0.7:
        patch = cv2.resize(cover, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_LINEAR)
    else:
        patch = np.broadcast_to(rng.integers(0, 256, 3, np.uint8), area.shape)
    if rng.random() < 0.5:
        mask = np.zeros(area.shape[:2], np.uint8)
        centre = (area.shape[1] // 2, area.shape[0] // 2)
        cv2.ellipse(mask, centre, (max(1, centre[0]), max(1, centre[1])), 0, 0, 360, 255, -1)
        np.copyto(area, patch, where=mask[..., None] > 0)
    else:
        area[:] = patch
    return image
