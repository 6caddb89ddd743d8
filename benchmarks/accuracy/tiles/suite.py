"""`python -m benchmarks tiles`: recall of small faces in large pictures, false alarms, time and memory."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.accuracy.tiles.memory import peak_mb
from benchmarks.accuracy.tiles.scenes import PastedFace, Scene, clutter, mosaic, portrait, scene
from benchmarks.reporting.environment import describe
from smile_edge import FacePipeline
from smile_edge.geometry.face_roi import face_distances, face_roi
from smile_edge.imaging.decode import read_image
from smile_edge.imaging.image_files import list_images
from smile_edge.pipeline.models import Models
from smile_edge.runtime.manifest import find_models
from smile_edge.types import FloatArray, Image
from train.data.formats.mtfl import read_mtfl
from train.data.samples import held_out
from train.errors import DataError

__all__ = ["FACE_PX", "Plan", "measure_tiles"]

FACE_PX = 24.0
"""Height of the faces that are to be found, px."""
FOUND = 0.5
"""A face is found where one is reported that lies nearer than so many face sizes."""
SIZES = ((6000, 4000), (12000, 3000), (3000, 12000), (12000, 300))
"""Width and height of the large pictures."""
FACE_SIZES_PX = (16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384)
LONG_SIDES_PX = (640, 800, 960, 1280, 1920, 2560)
"""Longer sides of the pictures that say from which size on tiles find more."""
MEMORY_SIZES = ((6000, 4000), (12000, 9000))
OPTIONS = ("off", "auto")

Background = Callable[[int, int, np.random.Generator], Image]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured on.

    Args:
        pack: faces of people, in MTFL's format; None leaves the portrait.
        negatives: folder of face-free pictures; None leaves what is generated.
        faces: faces in each large picture.
        empty: large pictures without a face, and as many face-free pictures enlarged.
    """

    pack: Path | None = None
    negatives: Path | None = None
    faces: int = 200
    empty: int = 4


def measure_tiles(plan: Plan, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Measures all of it.

    Args:
        plan: see there.
        tell: hears what is measured.

    Raises:
        DataError: a pack holds no faces, or a folder no face-free picture that training held out.
    """
    start_s = time.perf_counter()
    folder = find_models(None)
    models = Models.load(folder, provider="cpu", threads=1)
    pipelines = {tiles: FacePipeline(models, tiles=tiles) for tiles in OPTIONS}
    results: dict[str, Any] = {**describe(pipelines["off"], folder), "face_px": FACE_PX}
    kinds: dict[str, tuple[Sequence[PastedFace], Background]] = {"portrait, generated": ([portrait()], clutter)}
    paths = [] if plan.negatives is None else _held_out(plan.negatives)
    if plan.pack is not None:
        kinds["people, photos" if paths else "people, generated"] = (
            _people(plan.pack, plan.faces),
            partial(mosaic, paths=paths) if paths else clutter,
        )
    faces, background = list(kinds.values())[-1]
    tell("large pictures")
    results["large"] = [
        {"faces_from": kind, "turned": turned, **_row(pipelines, _scene(*kinds[kind], size, plan.faces, turned))}
        for size in SIZES
        for kind in kinds
        for turned in (False, True)
    ]
    tell("sizes of faces")
    results["face_sizes"] = [
        {"height_px": px, **_row(pipelines, _scene(faces, background, (4500, 3000), 60, True, px))}
        for px in FACE_SIZES_PX
    ]
    tell("sizes of pictures")
    results["picture_sizes"] = [
        _row(pipelines, _scene(faces, background, (side, side * 2 // 3), 40, True)) for side in LONG_SIDES_PX
    ]
    tell("pictures without faces")
    results["empty"] = _empty(pipelines, paths, plan.empty)
    tell("memory")
    results["memory"] = _memory()
    return {**results, "seconds": time.perf_counter() - start_s}


def _people(pack: Path, most: int) -> list[PastedFace]:
    """Faces of a pack that have 24 px and more to be shrunk from, spread evenly."""
    label = next((name for name in ("testing.txt", "training.txt") if (pack / name).is_file()), "testing.txt")
    samples = [sample for sample in read_mtfl(pack, label) if face_roi(sample.five())[1] >= FACE_PX]
    if not samples:
        raise DataError(f"{pack} holds no face of {FACE_PX:.0f} px and more between the eyes: pass another pack")
    chosen = np.linspace(0, len(samples) - 1, min(most, len(samples))).round().astype(int)
    return [PastedFace(read_image(samples[index].image), samples[index].five()) for index in chosen]


def _held_out(folder: Path) -> list[Path]:
    paths = [path for path in list_images([folder]) if held_out(path.name)]
    if not paths:
        raise DataError(f"{folder} holds no image that training left out: pass the folder of face-free images")
    return paths


def _scene(
    faces: Sequence[PastedFace],
    background: Background,
    size: tuple[int, int],
    count: int,
    turned: bool,
    face_px: float = FACE_PX,
) -> Scene:
    rng = np.random.default_rng([*size, round(face_px), turned])
    return scene(background(*size, rng), faces, count, face_px, rng, turned=turned)


def _row(pipelines: dict[str, FacePipeline], shown: Scene) -> dict[str, Any]:
    height, width = shown.image.shape[:2]
    options = {tiles: _score(pipeline, shown) for tiles, pipeline in pipelines.items()}
    return {"width": width, "height": height, "faces": len(shown.five), **options}


def _score(pipeline: FacePipeline, shown: Scene) -> dict[str, Any]:
    """`recall`, `doubles`, `false_alarms` and `ms`, the picture in memory."""
    start_s = time.perf_counter()
    result = pipeline.process(shown.image)
    ms = 1000 * (time.perf_counter() - start_s)
    found = np.array([face.five_points() for face in result.faces], np.float32).reshape(-1, 5, 2)
    near = _near(shown.five, found)
    return {
        "recall": float(near.any(1).mean()) if len(near) else None,
        "doubles": int(np.maximum(near.sum(1) - 1, 0).sum()),
        "false_alarms": int((~near.any(0)).sum()),
        "ms": ms,
    }


def _near(truth: FloatArray, found: FloatArray) -> np.ndarray:
    """`(faces, found)`: which lie at one place."""
    if not len(truth) or not len(found):
        return np.zeros((len(truth), len(found)), bool)
    return face_distances(truth, found) < FOUND


def _empty(pipelines: dict[str, FacePipeline], paths: Sequence[Path], count: int) -> list[dict[str, Any]]:
    """False alarms in pictures without faces: large ones, and those of usual size that they are made of."""
    size = SIZES[0]
    seeds = range(count)
    groups: dict[str, Sequence[Callable[[], Image]]] = {
        "generated": [partial(clutter, *size, np.random.default_rng(seed)) for seed in seeds]
    }
    if paths:
        groups["photos beside each other"] = [partial(mosaic, *size, np.random.default_rng(k), paths) for k in seeds]
        every = [paths[index] for index in np.linspace(0, len(paths) - 1, 5 * count).round().astype(int)]
        groups["photos enlarged to 4000 px"] = [partial(_enlarged, path, 4000) for path in every]
        groups["photos as they are"] = [partial(read_image, path) for path in paths]
    rows = []
    for name, pictures in groups.items():
        alarms, megapixels = dict.fromkeys(pipelines, 0), 0.0
        for make in pictures:
            shown = Scene(make(), np.zeros((0, 5, 2), np.float32))
            megapixels += shown.image.shape[0] * shown.image.shape[1] / 1e6
            for tiles, pipeline in pipelines.items():
                alarms[tiles] += _score(pipeline, shown)["false_alarms"]
        rows.append({"pictures": name, "count": len(pictures), "megapixels": megapixels, "false_alarms": alarms})
    return rows


def _enlarged(path: Path, long_side: int) -> Image:
    image = read_image(path)
    factor = long_side / max(image.shape[:2])
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)


def _memory() -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for width, height in MEMORY_SIZES:
            picture = Path(folder, "large.jpg")
            # Clutter enlarged: what is in the picture does not matter here, and this is quick to make.
            small = clutter(width // 4, height // 4, np.random.default_rng(0))
            cv2.imwrite(str(picture), cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
            peaks = {tiles: peak_mb(picture, tiles) for tiles in OPTIONS}
            rows.append({"width": width, "height": height, "picture_mb": 3e-6 * width * height, "peak_mb": peaks})
    return rows
