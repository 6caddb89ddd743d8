"""What a step of the run is given, and the sessions that it opens beside the runtime's own."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.harness.suite import Row, timing
from benchmarks.speed.suites.scene import compose, play
from smile_edge.detection.detector import FaceDetector
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.pipeline.models import Models
from smile_edge.records import Frame
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.model_loader import load_model
from smile_edge.topology import TOPOLOGY_49

__all__ = ["ONE_GRAPH", "TWO_SESSIONS", "WAYS", "Job", "Rows", "crops_of", "stream_of", "timed"]

Rows = Iterator[Row]
ONE_GRAPH, TWO_SESSIONS = "one graph", "two sessions"
WAYS = (TWO_SESSIONS, ONE_GRAPH)
"""How a frame that wants the detector is computed."""

_WARM_CALLS = 5
_FEWEST_CALLS, _MOST_CALLS = 10, 2000


@dataclass(frozen=True, slots=True)
class Job:
    """One step's settings; a step runs in a process of its own."""

    provider: str
    models: Path
    """Folder with both models and the one-graph pipeline."""
    seconds: float = 0.3
    """Time for the calls of one figure, after the warm-up."""
    quick: bool = False

    @property
    def ways(self) -> Sequence[str]:
        """How the pipeline can run here: the one graph is for CUDA alone."""
        return WAYS if self.provider == "cuda" else WAYS[:1]

    def pick(self, values: Sequence[Any]) -> Sequence[Any]:
        """All values, or the first two in a quick run."""
        return values[:2] if self.quick else values

    def open_models(self, way: str, provider: str | None = None) -> Models:
        """The models of the pipeline, float32.

        Raises:
            ModelError, ProviderError: see `Models.load`.
        """
        provider = provider or self.provider
        if way == ONE_GRAPH:
            return Models.load(self.models, provider=provider, precision="float32")
        options: dict[str, Any] = {"models": self.models, "provider": provider}
        detector, landmarks = load_model("detector", **options), load_model("landmarks", **options)
        reports = (("detector", detector[1].report), ("landmarks", landmarks[1].report))
        return Models(FaceDetector(*detector), FaceLandmarker(*landmarks), reports)

    def manifest(self, name: str) -> ModelManifest:
        """The manifest of a model."""
        return ModelManifest.load(self.models / f"{name}.json")


def timed(work: Callable[[], Any], seconds: float, **details: Any) -> Row:
    """The row of a call's latency without its name: p50, with p95 and p99 beside it."""
    for _ in range(_WARM_CALLS):
        work()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) < _FEWEST_CALLS or (time.perf_counter() < end and len(taken) < _MOST_CALLS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return timing(taken, **details)


def stream_of(size: str, faces: int, frames: int = 60) -> Iterator[Frame]:
    """An endless stream of a crowd (see `scene.compose`)."""
    return play(compose(size, faces, frames).images)


def crops_of(count: int) -> list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]:
    """So many faces to be cut from a frame: sixteen of a crowd, round and round."""
    scene = compose("720p", 16, 1)
    faces = [(scene.images[0], five) for five in TOPOLOGY_49.five_points(scene.points[0])]
    return list(itertools.islice(itertools.cycle(faces), count))
