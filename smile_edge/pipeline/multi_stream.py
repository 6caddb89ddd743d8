"""Several streams through one pair of models: their frames share each detector call and each landmarker call."""

from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy.typing as npt

from smile_edge.errors import UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.scheduler import StageObserver, run_batched
from smile_edge.records import Frame, FrameResult
from smile_edge.runtime.report import ExecutionReport
from smile_edge.validation import check_counts, check_given, shown

__all__ = ["StreamGroup"]


class StreamGroup:
    """One `FacePipeline` a stream, each with its own tracks, ids and filters, over models that all share.

    `process` takes a round of frames, as `sources.SourceMux` gathers them:

        with open_source("0") as left, open_source("1") as right, SourceMux([left, right]) as rounds:
            group = StreamGroup(2)
            for frames in rounds:
                for result in group.process(frames):
                    print(result.source, [face.id for face in result.faces])
    """

    def __init__(
        self,
        count: int,
        models: str | Path | Models | None = None,
        provider: str = "auto",
        max_faces: int | None = None,
        detect_every: int = 10,
        smooth: bool | float = True,
        threads: int = 1,
        precision: str = "auto",
        hfov: float | None = None,
        camera_matrix: npt.ArrayLike | None = None,
        expression: bool = False,
        min_score: float | None = None,
        min_size: float | None = None,
        roi: Sequence[float] | None = None,
    ) -> None:
        """Opens the models once.

        Args:
            count: how many streams.
            models, provider, threads, precision: as for `FacePipeline`.
            hfov, camera_matrix, expression: as for `FacePipeline`, of all streams.
            max_faces, detect_every, smooth: as for `FacePipeline`, for each stream.
            min_score, min_size, roi: as for `FacePipeline`, of all streams.

        Raises:
            UsageError: a count below one, an unknown provider or precision, or no expression where it is asked for.
            ModelError, ProviderError: see `Models.load`.
        """
        check_given(count=count)
        check_counts(count=count)
        same: dict[str, Any] = {"hfov": hfov, "camera_matrix": camera_matrix, "expression": expression}
        same |= {"min_score": min_score, "min_size": min_size, "roi": roi}
        first = FacePipeline(models, provider, max_faces, detect_every, smooth, threads, precision, **same)
        self.models = first.models
        others = [
            FacePipeline(self.models, provider, max_faces, detect_every, smooth, **same) for _ in range(count - 1)
        ]
        self.pipelines = (first, *others)

    @property
    def reports(self) -> dict[str, ExecutionReport]:
        """The execution report of each session, by model name."""
        return self.pipelines[0].reports

    @property
    def observer(self) -> StageObserver | None:
        """Hears the seconds of each stage, as `FacePipeline.observer` does; model calls count once a round."""
        return self.pipelines[0].observer

    @observer.setter
    def observer(self, observer: StageObserver | None) -> None:
        for pipeline in self.pipelines:
            pipeline.observer = observer

    def process(self, frames: Sequence[tuple[int, Frame]]) -> list[FrameResult]:
        """The faces of one round.

        Args:
            frames: the number of a stream, from 0, and its next frame; each stream once at most.

        Returns:
            The results, in the order of `frames`.

        Raises:
            UsageError: there is no such stream, one comes twice, or a frame of it is on its way in another thread.
            ImageError: one of the images cannot be used (see `FacePipeline.process`).
        """
        frames = _checked(frames)
        numbers = [number for number, _ in frames]
        if len(set(numbers)) < len(numbers) or not set(numbers) <= set(range(len(self.pipelines))):
            raise UsageError(
                f"a round must name each of the {len(self.pipelines)} streams once at most. Received: {shown(numbers)}"
            )
        steps = [self.pipelines[number].steps(frame) for number, frame in frames]
        return run_batched(self.models, steps, self.observer)


def _checked(frames: Any) -> list[tuple[int, Frame]]:
    """Raises `UsageError` for what is no round."""
    round_: list[tuple[Any, Any]]
    try:
        round_ = [(number, frame) for number, frame in frames]
    except (TypeError, ValueError):
        round_ = [(-1, None)]
    if not all(isinstance(number, Integral) and isinstance(frame, Frame) for number, frame in round_):
        raise UsageError(f"a round must be a list of (number of the stream, Frame). Received: {shown(frames)}")
    return round_
