"""How light a face is beside what is around it: skin of any tone, shade of a hat, light from behind or from a flash.

A change of the whole picture's exposure, as `photometric.random_light` makes it, leaves that alone.
"""

from collections.abc import Sequence

import cv2
import numpy as np

__all__ = ["ellipse_in", "random_tone", "retone"]

DARKER_SHARE = 0.8
"""How often a new tone is darker than the one that was there."""
DARKEST, LIGHTEST = 0.13, 1.6
"""Factors of a mid-tone's light: how much is left of it at least, and how much there is at most."""
SPREAD = 1.25
"""Size of the ellipse that changes its tone, in boxes, at its rim: some of the hair and the neck."""
SOFT = 0.35
"""Width of its rim, in half axes: where the change fades out."""
_MID = 0.45
"""Light of the mid-tone, 0..1."""


def random_tone(rng: np.random.Generator) -> np.ndarray:
    """A table `(256, 1, 3)` uint8, BGR: mid-tones darker or lighter, highlights less so, with a little colour."""
    darker = rng.random() < DARKER_SHARE
    factor = np.exp(rng.uniform(np.log(DARKEST), 0) if darker else rng.uniform(0, np.log(LIGHTEST)))
    # One part of the change bends the curve, which leaves highlights as bright as they were, the other scales it.
    bent = rng.uniform(0.2, 0.9)
    gamma = 1 + bent * np.log(factor) / np.log(_MID)
    colour = np.exp(rng.normal(0, 0.06, 3))
    ramp = np.linspace(0, 1, 256)[:, None]
    table = ramp**gamma * factor ** (1 - bent) * colour
    return np.asarray(np.clip(255 * table + 0.5, 0, 255), np.uint8).reshape(256, 1, 3)


def retone(piece: np.ndarray, boxes: Sequence[np.ndarray] | np.ndarray, rng: np.random.Generator) -> None:
    """Gives what lies in the boxes another tone, one for all of them with a little of its own for each, in place.

    Args:
        piece: `(s, s, 3)` uint8 BGR.
        boxes: `(n, 4)` xywh px, which may reach beyond the piece.
        rng: source of chance.
    """
    table = random_tone(rng)
    for box in boxes:
        low, high, alpha = ellipse_in(np.asarray(box), piece.shape[1], piece.shape[0])
        if not alpha.size:
            continue
        area = piece[low[1] : high[1], low[0] : high[0]]
        toned = cv2.LUT(area, table).astype(np.float32)
        strength = rng.uniform(0.75, 1.0) * alpha[..., None]
        area[:] = (area + strength * (toned - area) + 0.5).astype(np.uint8)


def ellipse_in(box: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The part of a picture that an ellipse around a box covers, and how much of each of its pixels belongs to it.

    Args:
        box: `(4,)` xywh px.
        width: of the picture, px.
        height: of the picture, px.

    Returns:
        First and last corner `(2,)` px of the part, the last one not in it, and shares `(h, w)` 0..1: 1 in the middle,
        falling to 0 at the rim.
    """
    half = np.maximum(SPREAD * box[2:] / 2, 1.0)
    centre = box[:2] + box[2:] / 2
    low = np.clip(np.floor(centre - half), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(centre + half) + 1, 0, (width, height)).astype(int)
    x = (np.arange(low[0], high[0], dtype=np.float32) - centre[0]) / half[0]
    y = (np.arange(low[1], high[1], dtype=np.float32) - centre[1]) / half[1]
    away = np.sqrt(x[None] ** 2 + y[:, None] ** 2)
    return low, high, np.clip((1 - away) / SOFT, 0, 1)
