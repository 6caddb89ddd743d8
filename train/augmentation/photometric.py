"""Augmentation of crops: one warp for the geometry, one look-up table for the light, then loss of detail and occlusion.

Everything works on uint8 BGR with OpenCV, which releases the GIL, so that batches are made in threads.
"""

import cv2
import numpy as np

__all__ = ["random_light"]

INTERPOLATIONS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


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
