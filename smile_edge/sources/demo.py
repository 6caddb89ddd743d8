"""The built-in source: a portrait on a known path, so that the right answer is known for every frame."""

import json
import math
import time
from collections.abc import Generator
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.geometry.affine import apply_affine
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray, Image
from smile_edge.validation import check_counts, check_flags

__all__ = ["DemoSource", "load_portrait", "path_matrix"]


WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 30.0
LOOP_FRAMES = 360
"""The path comes back to its start after this many frames (12 s), with one full turn of the head in between."""

_DISC_CENTRE_PX, _DISC_RADIUS_PX, _FEATHER_PX = 139.5, 137.0, 5.0


class DemoSource(Source):
    """The astronaut's head and shoulders, moved, turned through the full circle and scaled, 640x480 at 30 frames/s.

    `Frame.truth` is `(1, 70, 2)` px, NaN but for 49 points. Every frame is handed out, unless `paced`: then frames come
    at their own rate and the newest wins, as with a camera.
    """

    def __init__(self, frames: int | None = None, *, paced: bool = False, mirror: bool = False) -> None:
        """Args:
        frames: how many; None goes on for ever.
        paced: behave as a live source.
        mirror: flip the picture as a mirror does.
        """
        check_counts(frames=frames)
        check_flags(paced=paced, mirror=mirror)
        super().__init__("demo", live=paced, fps=FPS, length=frames, mirror=mirror)
        portrait, self._points = load_portrait()
        opacity = _disc_mask(portrait.shape[0])
        faded = np.rint(portrait * (opacity[..., None] / np.float32(255))).astype(np.uint8)
        self._portrait = np.dstack([faded, opacity])  # (280, 280, 4) BGR times opacity, opacity
        self._background = _background()

    def _frames(self) -> Generator[Frame]:
        start_s, index = time.monotonic(), 0
        while self.length is None or index < self.length:
            time_s = index / FPS
            if self.live:
                time.sleep(max(0.0, start_s + time_s - time.monotonic()))
            matrix = path_matrix(index, self._points)
            truth = TOPOLOGY_49.embed(apply_affine(matrix, self._points)[None])  # (1, 70, 2) px
            captured_s = time.monotonic() if self.live else None
            yield Frame(self._render(matrix), index, time_s, self.name, captured_s, truth=truth)
            index += 1

    def _render(self, matrix: FloatArray) -> Image:
        """The portrait warped by `matrix (2, 3)` over the background."""
        image = self._background.copy()
        centre = apply_affine(matrix, [[_DISC_CENTRE_PX, _DISC_CENTRE_PX]])[0]
        reach = math.hypot(*matrix[0, :2]) * (_DISC_RADIUS_PX + 2)
        left, top = (max(int(value), 0) for value in centre - reach)
        right, bottom = min(int(centre[0] + reach) + 2, WIDTH_PX), min(int(centre[1] + reach) + 2, HEIGHT_PX)
        shifted = matrix.copy()
        shifted[:, 2] -= left, top
        warped = cv2.warpAffine(self._portrait, shifted, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        clear = cv2.bitwise_not(cv2.extractChannel(warped, 3))
        patch = image[top:bottom, left:right]
        behind = cv2.multiply(patch, cv2.merge([clear] * 3), scale=1 / 255)
        patch[:] = cv2.add(behind, cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR))
        return image


def load_portrait() -> tuple[Image, FloatArray]:
    """The portrait `(280, 280, 3)` BGR and its reference points `(49, 2)` px, placed by hand."""
    assets = resources.files("smile_edge") / "assets"
    encoded = np.frombuffer((assets / "astronaut.jpg").read_bytes(), np.uint8)
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    points = json.loads((assets / "astronaut_points.json").read_text("utf-8"))["points"]
    return np.asarray(image, np.uint8), np.array(points, np.float32)


def path_matrix(index: int, points: npt.ArrayLike) -> FloatArray:
    """The similarity `(2, 3)` from portrait pixels to those of frame `index`.

    Args:
        index: frame number.
        points: `(n, 2)` px in the portrait; their mean is what moves along the path.
    """
    phase = 2 * math.pi * index / LOOP_FRAMES
    angle = phase + 0.35 * math.sin(3 * phase)  # a full turn, now faster, now slower
    scale = 1.15 - 0.45 * math.cos(2 * phase + 0.9)
    target_x = WIDTH_PX / 2 + 170 * math.sin(2 * phase)
    target_y = HEIGHT_PX / 2 + 95 * math.sin(3 * phase)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]], np.float64)
    shift = np.array([target_x, target_y]) - linear @ np.asarray(points, np.float64).mean(0)
    return np.column_stack([linear, shift]).astype(np.float32)


def _disc_mask(side_px: int) -> Image:
    """Opacity `(side, side)` of a disc with a soft rim."""
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32)
    distance = np.hypot(x - _DISC_CENTRE_PX, y - _DISC_CENTRE_PX)
    opacity: FloatArray = np.clip((_DISC_RADIUS_PX - distance) / _FEATHER_PX, 0, 1)
    return (255 * opacity).astype(np.uint8)


def _background() -> Image:
    """A studio backdrop: soft blotches over a gradient, with a little grain; the same in every run."""
    rng = np.random.default_rng(7)
    size = (WIDTH_PX, HEIGHT_PX)
    blotches = cv2.resize(rng.normal(size=(8, 10)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(28, -28, HEIGHT_PX, dtype=np.float32)[:, None]
    grain = rng.normal(scale=1.5, size=(HEIGHT_PX, WIDTH_PX)).astype(np.float32)
    level = 118 + slope + 9 * np.asarray(blotches, np.float32) + grain
    tint = np.array([1.12, 1.0, 0.92], np.float32)
    colours: FloatArray = np.clip(level[..., None] * tint, 0, 255)
    return colours.astype(np.uint8)
