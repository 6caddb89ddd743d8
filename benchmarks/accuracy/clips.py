"""Synthetic clips of the demo portrait: sensor noise on every frame, and a path on which the right answer is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.face_roi import average_box
from smile_edge.records import Frame
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49

__all__ = ["FPS", "NOISE", "Clip", "drifting", "passing", "still"]

FPS = 30.0
NOISE = 5.0
"""Standard deviation of the noise on each pixel and channel, grey levels of 255: a webcam in a dim room."""
HALF_PERIOD_S = 1.5
"""Time of `passing` between two turns."""
WIDTH_PX, HEIGHT_PX = 640, 480
GREY = 110

Path = Callable[[float], tuple[float, float, float, float]]
"""From seconds to the place of the face: x px and y px of its middle, turn in rad, size relative to the clip's."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Frames of one face and where it is in them."""

    name: str
    frames: list[Frame]
    truth: np.ndarray
    """`(n, 49, 2)` px."""
    eyes_px: float
    """Distance between the eyes."""


def still(eyes_px: float, seconds: float) -> Clip:
    """A face that does not move at all: whatever moves is noise."""
    return _clip(f"still, eyes {eyes_px:.0f} px apart", eyes_px, seconds, lambda _: (320.0, 240.0, 0.0, 1.0))


def drifting(eyes_px: float, seconds: float) -> Clip:
    """A face that sways, nods and tilts slowly, as someone does in front of a screen."""

    def path(time_s: float) -> tuple[float, float, float, float]:
        turn = 2 * math.pi * time_s
        sway, nod = math.sin(turn / 5), math.sin(turn / 3.5)
        return 320 + 0.4 * eyes_px * sway, 240 + 0.2 * eyes_px * nod, math.radians(8) * nod, 1 + 0.05 * sway

    return _clip(f"slowly moving, eyes {eyes_px:.0f} px apart", eyes_px, seconds, path)


def passing(eyes_px: float, seconds: float) -> Clip:
    """A face that goes to and fro at its own width a second, turning back every `HALF_PERIOD_S`."""
    speed = passing_speed_px(eyes_px)

    def path(time_s: float) -> tuple[float, float, float, float]:
        place = abs((time_s + HALF_PERIOD_S / 2) % (2 * HALF_PERIOD_S) - HALF_PERIOD_S) - HALF_PERIOD_S / 2
        return 320 - speed * place, 240.0, 0.0, 1.0

    return _clip(f"its own width a second, eyes {eyes_px:.0f} px apart", eyes_px, seconds, path)


def passing_speed_px(eyes_px: float) -> float:
    """The width of the portrait's box when its eyes are `eyes_px` apart, px: what `passing` covers in a second."""
    _, points = load_portrait()
    five = TOPOLOGY_49.five_points(points)
    return float(average_box(five)[2]) * eyes_px / float(np.linalg.norm(five[1] - five[0]))


def _clip(name: str, eyes_px: float, seconds: float, path: Path) -> Clip:
    portrait, points = load_portrait()
    five = TOPOLOGY_49.five_points(points)
    scale = eyes_px / float(np.linalg.norm(five[1] - five[0]))
    rng = np.random.default_rng(3)
    frames, truth = [], []
    for index in range(round(seconds * FPS)):
        x, y, turn, size = path(index / FPS)
        matrix = similarity_about(points.mean(0), np.array([x, y]), scale * size, turn)
        image = cv2.warpAffine(
            portrait, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderValue=(GREY, GREY, GREY)
        )
        noisy = image + rng.normal(0, NOISE, image.shape)
        frames.append(Frame(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), index, index / FPS, name))
        truth.append(apply_affine(matrix, points))
    return Clip(name, frames, np.stack(truth), eyes_px)
