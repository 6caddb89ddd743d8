"""What a stream asks of the models, apart from who answers: so that many streams can share one model call.

`FacePipeline.steps` is a generator that yields what it wants to be looked at and is sent what was seen there. Streams
that are advanced together and want the same kind of thing are answered by one batch.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smile_edge.imaging.crops import Item
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.records import FrameResult

if TYPE_CHECKING:
    from smile_edge.pipeline.models import Models

__all__ = ["DetectionRequest", "LandmarkRequest", "StageObserver", "Steps", "run_batched", "timed"]

StageObserver = Callable[[str, float], None]
"""Called with the name of a stage and its seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkRequest:
    """Faces to find the landmarks of; the answer is a `LandmarkBatch` in their order."""

    items: Sequence[Item]
    passes: int = 1
    """How often to look at each, see `FaceLandmarker.landmarks`."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRequest:
    """A frame to find faces in; the answer is a list of `Detection`."""

    image: npt.NDArray[np.uint8]
    """`(h, w, 3)` BGR."""


Steps = Generator[LandmarkRequest | DetectionRequest, Any, FrameResult]
"""One frame of one stream on its way: yields wants, takes answers, returns the result."""


def run_batched(models: "Models", streams: Sequence[Steps], observer: StageObserver | None) -> list[FrameResult]:
    """Brings one frame of each stream to its result, one model call for all that want the same.

    Args:
        models: answer the wants.
        streams: one for each stream; they are used up.
        observer: hears the seconds of the model calls, stages `landmarks` and `detector`.

    Returns:
        The results in the order of `streams`.
    """
    try:
        return [_alone(models, streams[0], observer)] if len(streams) == 1 else _together(models, streams, observer)
    finally:
        for stream in streams:  # one that failed leaves the others half way
            stream.close()


def _together(models: "Models", streams: Sequence[Steps], observer: StageObserver | None) -> list[FrameResult]:
    results: dict[int, FrameResult] = {}
    answers: dict[int, Any] = dict.fromkeys(range(len(streams)))
    while answers:
        wants: dict[int, LandmarkRequest | DetectionRequest] = {}
        for key, answer in answers.items():
            try:
                wants[key] = streams[key].send(answer)
            except StopIteration as end:
                results[key] = end.value
        answers = _answered(models, wants, observer)
    return [results[key] for key in range(len(streams))]


def timed(observer: StageObserver | None, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Runs `work`, telling the observer how long it took; one comparison where there is none."""
    if observer is None:
        return work(*arguments)
    start = time.perf_counter()
    result = work(*arguments)
    observer(stage, time.perf_counter() - start)
    return result


def _alone(models: "Models", stream: Steps, observer: StageObserver | None) -> FrameResult:
    """`run_batched` for one stream, without the bookkeeping that many need."""
    answer: Any = None
    while True:
        try:
            want = stream.send(answer)
        except StopIteration as end:
            result: FrameResult = end.value
            return result
        if isinstance(want, DetectionRequest):
            (answer,) = timed(observer, "detector", models.detector.detect_batch, [want.image])
        else:
            answer = timed(observer, "landmarks", models.landmarker.landmarks, want.items, want.passes)


def _answered(
    models: "Models", wants: Mapping[int, LandmarkRequest | DetectionRequest], observer: StageObserver | None
) -> dict[int, Any]:
    """The answer to every want, by its key."""
    answers: dict[int, Any] = {}
    searches: dict[int, DetectionRequest] = {}
    looks: dict[int, dict[int, LandmarkRequest]] = {}  # by their passes
    for key, want in wants.items():
        if isinstance(want, DetectionRequest):
            searches[key] = want
        else:
            looks.setdefault(want.passes, {})[key] = want
    if searches:
        images = [want.image for want in searches.values()]
        found = timed(observer, "detector", lambda: models.detector.detect_batch(images, thorough=False))
        answers.update(zip(searches, found, strict=True))
    for passes, chosen in sorted(looks.items()):
        items = [item for look in chosen.values() for item in look.items]
        batch = timed(observer, "landmarks", models.landmarker.landmarks, items, passes)
        answers.update(zip(chosen, _parts(batch, [len(look.items) for look in chosen.values()]), strict=True))
    return answers


def _parts(batch: LandmarkBatch, counts: Sequence[int]) -> list[LandmarkBatch]:
    """The batch cut into pieces of `counts` faces."""
    if len(counts) == 1:
        return [batch]
    parts, start = [], 0
    for count in counts:
        parts.append(batch.rows(slice(start, start + count)))
        start += count
    return parts
