"""What covers a part of a face: hands, cloth, masks, dark glasses, plain shapes; each with the pixels that it hides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from train.data.crop_cache import read_bgr
from train.data.formats.kind import kind_of
from train.data.samples import held_out

__all__ = ["Occluders", "cut_out_hand", "read_occluders"]

KINDS = ("hand", "cloth", "mask", "glasses", "shape")
CHANCES = (0.30, 0.25, 0.15, 0.08, 0.22)
_MASK_RIM = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
_NOSE_BRIDGE = 28
_EYES = (range(36, 42), range(42, 48))
_HAND_SHARE = 0.08, 0.65
"""Least and largest share of its picture that a hand fills: others are not cut out."""
_SPREAD = 12.0
"""Difference of red and blue in a picture, 0..255 (standard deviation), below which no skin stands out."""


def cut_out_hand(image: np.ndarray) -> np.ndarray | None:
    """A hand before a grey wall as `(h, w, 4)` uint8 BGRA; None where skin does not stand out."""
    warmth = cv2.GaussianBlur(cv2.subtract(image[..., 2], image[..., 0]), (5, 5), 0)
    if warmth.std() < _SPREAD:
        return None
    alpha = cv2.threshold(warmth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(alpha)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    if not _HAND_SHARE[0] < stats[largest, cv2.CC_STAT_AREA] / alpha.size < _HAND_SHARE[1]:
        return None
    left, top, width, height = stats[largest, :4]
    cut = np.dstack([image, np.where(labels == largest, 255, 0).astype(np.uint8)])
    return cut[top : top + height, left : left + width].copy()


@dataclass(frozen=True, slots=True)
class Occluders:
    """Draws one occluder over a crop.

    Example:
        >>> hidden = Occluders(hands=[], textures=[]).cover(crop, points, np.random.default_rng(0))
    """

    hands: Sequence[np.ndarray]
    """Cut-outs `(h, w, 4)` uint8 BGRA (`cut_out_hand`)."""
    textures: Sequence[np.ndarray]
    """Images `(h, w, 3)` uint8 of cloth or of anything without a face."""
    chances: Mapping[str, float] | None = None
    """Chance of each of `KINDS`; None for those above."""

    def cover(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Covers a part of a face, in place.

        Args:
            image: `(s, s, 3)` uint8.
            points: `(70, 2)` px of the face.
            rng: source of chance.

        Returns:
            `(s, s)` bool: the pixels that are hidden.
        """
        kinds, chances = (KINDS, CHANCES) if self.chances is None else zip(*self.chances.items(), strict=True)
        kind = str(rng.choice(list(kinds), p=np.asarray(chances) / np.sum(chances)))
        alpha = np.zeros(image.shape[:2], np.uint8)
        if kind == "hand" and self.hands:
            return self._hand(image, points, rng)
        if kind == "mask":
            cv2.fillPoly(alpha, [_fixed(_mask_outline(points, rng))], 255, cv2.LINE_AA, 4)
        elif kind == "glasses":
            _draw_glasses(alpha, points, rng)
        elif kind == "cloth":
            cv2.fillPoly(alpha, [_fixed(_blob(points, rng))], 255, cv2.LINE_AA, 4)
        else:
            _draw_shape(alpha, points, rng)
        texture = _flat(image, rng, dark=True) if kind == "glasses" else self._texture(image, rng)
        strength = rng.uniform(0.75, 1.0) if kind == "glasses" else 1.0
        return _blend(image, texture, alpha, strength)

    def _texture(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A patch of some image as large as the crop, or a flat colour."""
        if not self.textures or rng.random() < 0.35:
            return _flat(image, rng)
        picture = self.textures[int(rng.integers(len(self.textures)))]
        side = int(rng.uniform(0.2, 0.9) * min(picture.shape[:2])) + 1
        top, left = (int(rng.integers(extent - side + 1)) for extent in picture.shape[:2])
        patch = picture[top : top + side, left : left + side]
        return cv2.resize(patch, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def _hand(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        hand = self.hands[int(rng.integers(len(self.hands)))]
        centre, extent = _place(points, rng)
        scale = extent * rng.uniform(1.1, 2.2) / max(hand.shape[:2])
        angle = rng.uniform(-np.pi, np.pi)
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        linear = np.array([[cos, -sin], [sin, cos]]) * ((-1, 1) if rng.random() < 0.5 else (1, 1))
        # Fingers reach in: the hand's upper part lies at the place, its wrist beyond it.
        tip = np.array([hand.shape[1] / 2, hand.shape[0] * rng.uniform(0.2, 0.6)])
        matrix = np.column_stack([linear, centre - linear @ tip])
        moved = cv2.warpAffine(hand, matrix, image.shape[1::-1], flags=cv2.INTER_LINEAR)
        light = rng.uniform(0.5, 1.1)
        return _blend(image, cv2.convertScaleAbs(moved[..., :3], alpha=light), np.ascontiguousarray(moved[..., 3]), 1.0)


def read_occluders(folders: Sequence[Path]) -> Occluders:
    """Hands and textures from the training split of the face-free packs among the folders, by the names of images."""
    free = [folder for folder in folders if folder.is_dir() and kind_of(folder) is None]
    paths = [path for folder in free for path in sorted(folder.glob("*.webp")) if not held_out(path.name)]
    hands = [cut_out_hand(read_bgr(path)) for path in paths if path.name.startswith("hand")]
    textures = [read_bgr(path) for path in paths if path.name.startswith(("cloth", "dtd"))]
    return Occluders([hand for hand in hands if hand is not None], textures)


def _blend(image: np.ndarray, texture: np.ndarray, alpha: np.ndarray, strength: float) -> np.ndarray:
    share = cv2.GaussianBlur(alpha, (3, 3), 0).astype(np.float32)[..., None] * (strength / 255)
    image[:] = (image + share * (texture.astype(np.float32) - image) + 0.5).astype(np.uint8)
    return alpha > 127


def _flat(image: np.ndarray, rng: np.random.Generator, dark: bool = False) -> np.ndarray:
    colour = rng.integers(0, 60 if dark else 256, 3)
    if not dark and rng.random() < 0.5:  # masks and bars are often white, black, or grey
        colour[:] = colour[0]
    return np.broadcast_to(colour.astype(np.uint8), image.shape)


def _fixed(points: np.ndarray) -> np.ndarray:
    """Points for OpenCV's drawing with four fractional bits."""
    return np.rint(points * 16).astype(np.int32)


def _place(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """A place on the face, px, and the face's extent, px."""
    inner = points[17:]
    extent = float(np.ptp(inner, axis=0).max())
    return points[int(rng.integers(len(points)))] + rng.normal(0, 0.1 * extent, 2), max(extent, 4.0)


def _blob(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A polygon of 4 to 8 corners at some place of the face."""
    centre, extent = _place(points, rng)
    count = int(rng.integers(4, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(0.2, 0.65) * extent * rng.uniform(0.6, 1.3, count)
    return centre + np.stack([np.cos(angles), np.sin(angles)], -1) * reach[:, None]


def _mask_outline(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """From jaw to jaw below, and over the bridge of the nose."""
    rim, bridge = points[list(_MASK_RIM)], points[_NOSE_BRIDGE] + rng.uniform(-0.2, 1.2) * (points[30] - points[28])
    middle = rim.mean(0)
    rim = middle + (rim - middle) * rng.uniform(0.95, 1.1)
    return np.concatenate([rim, [bridge]])


def _draw_glasses(alpha: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> None:
    centres = [points[list(eye)].mean(0) for eye in _EYES]
    apart = centres[1] - centres[0]
    angle = float(np.degrees(np.arctan2(apart[1], apart[0])))
    distance = max(float(np.linalg.norm(apart)), 3.0)
    half = distance * np.array([rng.uniform(0.34, 0.46), rng.uniform(0.24, 0.4)])
    for centre in centres:
        cv2.ellipse(alpha, _fixed(centre).tolist(), _fixed(half).tolist(), angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    ends = [_fixed(centre).tolist() for centre in centres]
    cv2.line(alpha, ends[0], ends[1], 255, max(1, round(distance / 14)), cv2.LINE_AA, 4)


def _draw_shape(alpha: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> None:
    """An ellipse, or a bar of any angle that may cross the whole face."""
    centre, extent = _place(points, rng)
    half = extent * (rng.uniform(0.12, 0.5, 2) if rng.random() < 0.7 else np.array([1.5, rng.uniform(0.06, 0.25)]))
    angle = float(rng.uniform(0, 180))
    if rng.random() < 0.5:
        cv2.ellipse(alpha, _fixed(centre).tolist(), _fixed(half).tolist(), angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
        return
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ np.array([[cos, sin], [-sin, cos]])
    cv2.fillPoly(alpha, [_fixed(centre + corners)], 255, cv2.LINE_AA, 4)
