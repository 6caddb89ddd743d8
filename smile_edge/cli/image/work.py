"""Images given to processes or threads."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.plan import Plan
from smile_edge.cli.image.request import Request
from smile_edge.cli.interrupts import interrupts
from smile_edge.cli.standard_streams import say
from smile_edge.errors import WorkerError

if TYPE_CHECKING:
    from smile_edge.batch.process_pool import ProcessPool
    from smile_edge.batch.schedule import Pair
    from smile_edge.pipeline.face_pipeline import FacePipeline
    from smile_edge.runtime.report import ExecutionReport

    Outcome = tuple[Iterable[Pair], Mapping[str, ExecutionReport]]

__all__ = ["worked", "worker_processes"]

WORTH_A_PROCESS = 100
"""Images a worker from which processes are faster than threads, their start included."""

MANY, SOME, FEW = 8, 4, 2
"""Images in one detector call: among eight, what Python does for one costs a tenth less on a CPU."""

LARGEST_PICTURE_PX = 16_000_000
"""Pixels of a picture that waits in memory until it is annotated; a larger one is read once more then."""


def worker_processes(stack: ExitStack, plan: Plan, count: int | None) -> "ProcessPool | None":
    """Worker processes, loading OpenCV and onnxruntime while this one gets ready; None where threads do the work.

    Args:
        stack: they end with it.
        plan: of the run.
        count: images to be looked at; None where only the end will tell.
    """
    work = plan.request.work
    most = work.workers * WORTH_A_PROCESS if count is None else count
    many = 1 < work.workers <= most / WORTH_A_PROCESS
    # Pictures that are written would have to be sent from process to process.
    if plan.pictures or not (many or work.timeout_s is not None) or not _on_cpu(plan.request):
        return None
    from smile_edge.batch.process_pool import ProcessPool

    try:
        with interrupts.held_back():
            return stack.enter_context(ProcessPool(min(work.workers, max(most, 1))))
    except WorkerError as error:
        _tell_of_threads(error)
        return None


def worked(pool: "ProcessPool | None", paths: Iterable[Path], plan: Plan) -> "Outcome":
    """The results of the images to come, and what the models run on.

    Args:
        pool: of `worker_processes`.
        paths: the images.
        plan: of the run.
    """
    request = plan.request
    if pool is not None:
        try:
            reports = pool.open(request.settings)
            batch = request.work.batch or (MANY if request.work.timeout_s is None else SOME)
            return pool.process_images(paths, batch=batch, timeout_s=request.work.timeout_s), reports
        except WorkerError as error:
            pool.close()
            _tell_of_threads(error)
    # Only now: processes load OpenCV and onnxruntime for themselves.
    from smile_edge.pipeline.face_pipeline import FacePipeline

    pipeline = FacePipeline(**request.settings)
    results = _threads(pipeline, paths, plan)
    if request.pictures.hiding is not None:
        results = _hidden(results, pipeline, request.pictures.hiding)
    return results, pipeline.reports


def _on_cpu(request: Request) -> bool:
    """Whether the models will run on a CPU."""
    from smile_edge.runtime.providers import missing_driver

    provider = request.settings["provider"]
    return bool(provider == "cpu" or (provider == "auto" and missing_driver() is not None))


def _threads(pipeline: "FacePipeline", paths: Iterable[Path], plan: Plan) -> "Iterable[Pair]":
    from smile_edge.batch.runner import process_images

    work = plan.request.work
    on_cpu = all(report.obtained == "cpu" for report in pipeline.reports.values())
    return process_images(
        paths,
        pipeline,
        workers=work.workers,
        batch=work.batch or (_together(plan) if on_cpu else SOME),
        pictures=plan.pictures,
        timeout_s=work.timeout_s,
        largest_picture_px=LARGEST_PICTURE_PX,
    )


def _together(plan: Plan) -> int:
    """Few where several threads share few images, where pictures are kept, and where one that hangs delays others."""
    work = plan.request.work
    return MANY if work.workers == 1 and work.timeout_s is None and not plan.pictures else FEW


def _hidden(results: "Iterable[Pair]", pipeline: "FacePipeline", hiding: tuple[str, float]) -> "Iterable[Pair]":
    from smile_edge.batch.hidden import hidden_images
    from smile_edge.pipeline.head_finder import HeadFinder

    mode, min_score = hiding
    return hidden_images(results, HeadFinder(pipeline.models.detector, min_score), mode)


def _tell_of_threads(error: WorkerError) -> None:
    say(f"smile-edge: {error}; threads do their work, which is slower")
