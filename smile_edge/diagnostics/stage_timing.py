"""How fast each stage and the whole pipeline run on the built-in demo source, one process, one caller."""

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.sources import open_source
from smile_edge.types import Image

__all__ = ["FACE_COUNTS", "Timing", "machine", "run_bench"]

FACE_COUNTS = (1, 2, 4, 8)
"""Batch sizes at which the landmarker is timed."""

_WARM_UP = 5
_STILLS = 60


@dataclass(frozen=True, slots=True)
class Timing:
    """Latencies of one stage, milliseconds a call, and calls a second of its mean."""

    stage: str
    calls: int
    fps: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, stage: str, seconds: Iterable[float]) -> "Timing":
        """Sums up measured seconds."""
        taken_ms = np.asarray(list(seconds)) * 1000
        p50, p95, p99 = (round(float(value), 3) for value in np.percentile(taken_ms, [50, 95, 99]))
        return cls(stage, len(taken_ms), round(1000 / float(taken_ms.mean()), 1), p50, p95, p99)


def run_bench(models: Models, frames: int = 200, tick: Callable[[str], None] = lambda stage: None) -> dict[str, Any]:
    """Times every stage.

    Args:
        models: the models, ready to run.
        frames: calls for each stage.
        tick: told the name of each stage before it starts.

    Returns:
        Plain JSON types: `machine`, `source`, `models` (wanted and obtained providers) and `timings`.
    """
    calls = _WARM_UP + frames
    with open_source("demo") as source:
        stills = list(islice(source, min(calls, _STILLS)))
    images = [frame.image for frame in islice(cycle(stills), calls)]
    timings = [*_stages(models, images, tick), *_pipelines(models, images, tick)]
    height, width = images[0].shape[:2]
    return {
        "machine": machine(),
        "source": {"name": stills[0].source, "width": width, "height": height},
        "models": {name: asdict(report) for name, report in models.reports},
        "timings": [asdict(timing) for timing in timings],
    }


def machine() -> dict[str, Any]:
    """Where it ran."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _stages(models: Models, images: list[Image], tick: Callable[[str], None]) -> list[Timing]:
    """The detector on each frame, and the landmarker on 1, 2, 4, 8 crops of it."""
    tick("detector")
    timings = [Timing.of("detector", _times(models.detector.detect, [(image,) for image in images]))]
    five = next((found[0].points for image in images[:_STILLS] if (found := models.detector.detect(image))), None)
    if five is None:  # the cost of a crop does not depend on what it shows
        five = np.array([[100, 100], [160, 100], [130, 130], [100, 160], [160, 160]], np.float32)
    for count in FACE_COUNTS:
        name = f"landmarks x{count}"
        tick(name)
        batches = [([(image, five)] * count,) for image in images]
        timings.append(Timing.of(name, _times(models.landmarker.landmarks, batches)))
    return timings


def _pipelines(models: Models, images: list[Image], tick: Callable[[str], None]) -> list[Timing]:
    """The whole pipeline over the stream, each image by itself and tracked, and what tracking costs in that."""
    pipeline = FacePipeline(models)
    tick("pipeline")
    alone = Timing.of("pipeline, each image alone", _times(pipeline.process, [(image,) for image in images]))
    tick("pipeline, tracked")
    spent: list[float] = []

    def observe(stage: str, seconds: float) -> None:
        if stage in ("track", "smooth"):
            spent[-1] += seconds

    pipeline.observer = observe
    tracked = []
    with open_source("demo") as source:
        for frame in islice(source, len(images)):
            spent.append(0.0)
            start = time.perf_counter()
            pipeline.process(frame)
            tracked.append(time.perf_counter() - start)
    return [
        Timing.of("tracker + smoother", spent[_WARM_UP:]),
        alone,
        Timing.of("pipeline, tracked", tracked[_WARM_UP:]),
    ]


def _times(work: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[float]:
    """Seconds of each call after the warm-up."""
    seconds = []
    for argument in arguments:
        start = time.perf_counter()
        work(*argument)
        seconds.append(time.perf_counter() - start)
    return seconds[_WARM_UP:]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
