"""Frames to measure on: the demo's portrait, pasted several times over a grainy backdrop, each head swaying gently.

Every head stays upright within 15 degrees and no head leaves the picture, so that systems that lose a turned face are
timed on their ordinary work, too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.records import Frame
from smile_edge.sources.demo import load_portrait
from smile_edge.types import Image

__all__ = ["FPS", "SIZES", "Scene", "compose", "faces_text", "play", "px_text", "write_jpegs", "write_video"]


SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
"""Width and height, px."""

FPS = 30.0
PERIOD = 60
"""Frames until every head is back where it started, so that the frames can be played round and round."""

_GRAIN = 3.0
"""Standard deviation of the backdrop's grain, grey levels."""
_JPEG_QUALITY = 92
_AROUND = 1.3
"""Half the side of a head cut out, in extents of its points."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Frames and where the faces are in them."""

    images: list[Image]
    """`(h, w, 3)` BGR each."""
    points: npt.NDArray[np.float32]
    """`(frames, faces, 49, 2)` px."""


def compose(size: str, faces: int, frames: int = PERIOD, *, close: bool = False) -> Scene:
    """A crowd in a grid.

    Args:
        size: one of `SIZES`.
        faces: number of heads.
        frames: how many frames; they are spread over one period.
        close: heads fill their places, half as large again, so that systems for near faces find all of them.
    """
    width, height = SIZES[size]
    portrait, points = load_portrait()
    if close:
        portrait, points = _cut(portrait, points)
    backdrop = _backdrop(width, height)
    columns = math.ceil(math.sqrt(faces))
    cell = np.array([width / columns, height / math.ceil(faces / columns)])
    scale = 0.85 * float(cell.min()) / portrait.shape[0]
    images, truth = [], np.empty((frames, faces, *points.shape), np.float32)
    for index in range(frames):
        image = backdrop.copy()
        for face in range(faces):
            turn = 2 * math.pi * (index / frames + 0.13 * face)
            sway, nod = math.sin(turn), math.sin(2 * turn)
            place = (np.array([face % columns, face // columns]) + 0.5) * cell + cell * [0.05 * sway, 0.02 * nod]
            middle = np.array(portrait.shape[:2]) / 2
            matrix = similarity_about(middle, place, scale * (1 + 0.03 * nod), math.radians(12) * sway)
            cv2.warpAffine(
                portrait, matrix, (width, height), dst=image, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
            )
            truth[index, face] = apply_affine(matrix, points)
        images.append(image)
    return Scene(images, truth)


def _cut(portrait: Image, points: npt.NDArray[np.float32]) -> tuple[Image, npt.NDArray[np.float32]]:
    """The square around the head, and the points in it."""
    low, high = points.min(0), points.max(0)
    reach = _AROUND * float((high - low).max())
    left, top = np.maximum(((low + high) / 2 - reach).astype(int), 0).tolist()
    side = int(2 * reach)
    return np.ascontiguousarray(portrait[top : top + side, left : left + side]), points - np.array(
        [left, top], np.float32
    )


def play(images: Sequence[Image], name: str = "scene") -> Iterator[Frame]:
    """The frames as one endless stream at 30 frames a second."""
    index = 0
    while True:
        yield Frame(images[index % len(images)], index, index / FPS, name)
        index += 1


def write_jpegs(folder: Path, images: Sequence[Image], count: int) -> list[Path]:
    """`count` JPEG files, cycling through the images."""
    folder.mkdir(parents=True, exist_ok=True)
    encoded = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes() for image in images]
    paths = [folder / f"{index:04d}.jpg" for index in range(count)]
    for index, path in enumerate(paths):
        path.write_bytes(encoded[index % len(encoded)])
    return paths


def write_video(path: Path, images: Sequence[Image], count: int) -> Path:
    """A motion-JPEG or MPEG-4 video (by its ending, avi or mp4) of `count` frames, cycling through the images."""
    codec = "MJPG" if path.suffix == ".avi" else "mp4v"
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), FPS, (width, height))
    for index in range(count):
        writer.write(images[index % len(images)])
    writer.release()
    return path


def px_text(size: str) -> str:
    """`1280x720` for `720p`."""
    return "{}x{}".format(*SIZES[size])


def faces_text(count: int) -> str:
    """`1 face`, `4 faces`."""
    return f"{count} face" if count == 1 else f"{count} faces"


def _backdrop(width: int, height: int) -> Image:
    rng = np.random.default_rng(7)
    slope = np.linspace(150, 90, height, dtype=np.float32)[:, None, None]
    grain = rng.normal(0, _GRAIN, (height, width, 3)).astype(np.float32)
    return np.clip(np.rint(slope + grain), 0, 255).astype(np.uint8)
