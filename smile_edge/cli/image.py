"""`smile-edge image batch`: many image files into records and annotated copies."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smile_edge.cli.console import (
    DrawOption,
    ExpressionOption,
    HfovOption,
    HideMinScoreOption,
    HideOption,
    LiveLine,
    MaxPixelsOption,
    ModelsOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    interruptible,
    provider_text,
    require_positive,
    what_to_draw,
    what_to_hide,
)
from smile_edge.cli.interrupts import ClosingStack, interrupts
from smile_edge.cli.options.batch_inputs import (
    ListOption,
    PathsArgument,
    ShardOption,
    WorkersOption,
    check_list,
    check_named,
    inputs_of,
    worker_count,
)
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
from smile_edge.cli.options.run_control import ResumeOption, RetryErrorsOption, check_resume, run_of
from smile_edge.cli.output_paths import check_copies, check_outputs
from smile_edge.cli.standard_streams import say
from smile_edge.errors import UsageError, WorkerError
from smile_edge.streaming.channel import readers_left_text
from smile_edge.streaming.statistics import clock_text
from smile_edge.validation import check_seconds

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs
    from smile_edge.batch.process_pool import ProcessPool
    from smile_edge.batch.resume import Remaining
    from smile_edge.records import Frame, FrameResult
    from smile_edge.runtime.report import ExecutionReport
    from smile_edge.sinks import Sink

__all__ = ["batch_command"]

_BAR_WIDTH = 24

_WORTH_A_PROCESS = 100
"""Images a worker from which processes are faster than threads, their start included."""

_LARGEST_PICTURE_PX = 16_000_000
"""Pixels of a picture that waits in memory until it is annotated; a larger one is read once more then."""


def batch_command(
    paths: PathsArgument = None,
    listed: ListOption = None,
    shard: ShardOption = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write one JSON record an image; - is stdout.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="Write one CSV row a face.")] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write annotated copies into this folder.")
    ] = None,
    resume: ResumeOption = False,
    retry_errors: RetryErrorsOption = False,
    workers: WorkersOption = None,
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Images in one detector call.", show_default="4 on a GPU, in processes; else 2"),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Give up an image after this time, tried twice; given, it makes workers processes on a CPU.",
            show_default="60",
        ),
    ] = None,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="One look at each image: 1.4 times as fast, but small faces are missed."),
    ] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Go down into the folders of each folder.")] = False,
    draw: DrawOption = None,
    hide: HideOption = None,
    hide_min_score: HideMinScoreOption = None,
    hfov: HfovOption = None,
    expression: ExpressionOption = False,
    max_faces: Annotated[int | None, typer.Option(metavar="N", help="At most this many faces an image.")] = None,
    min_score: MinScoreOption = None,
    min_size: MinSizeOption = None,
    roi: RoiOption = None,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
    overwrite: OverwriteOption = False,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Find the faces of many images.

    Results come in input order. A broken image is a record with `error`; the exit code is 1 then.
    """
    check_named(paths, listed)
    hiding, drawn = what_to_hide(hide, hide_min_score), what_to_draw(draw, hidden=hide is not None)
    require_positive(workers=workers, batch=batch, max_faces=max_faces, threads=threads, max_pixels=max_pixels)
    check_seconds(**{"--timeout": timeout})
    filters = filters_of(min_score, min_size, roi)
    if jsonl is None and csv is None and annotate is None:
        raise UsageError("nothing to write: give --jsonl PATH (or -), --csv PATH or --annotate DIR")
    if hiding is not None and annotate is None:
        raise UsageError("--hide hides faces in pictures, and none is written: add --annotate DIR")
    from smile_edge.batch.inputs import Numbered
    from smile_edge.imaging.image_files import find_images
    from smile_edge.imaging.limits import set_max_pixels
    from smile_edge.runtime.providers import missing_driver

    if max_pixels is not None:
        set_max_pixels(max_pixels)  # before worker processes start
    texts = [("--jsonl", jsonl), ("--csv", csv)]
    going_on = resume or retry_errors
    outputs = {"jsonl": jsonl, "csv": csv}
    kept = check_resume(outputs, overwrite=overwrite, annotate=annotate is not None) if going_on else {}
    written = [Path(target) for _, target in texts if target not in (None, "-")]
    check_list(listed, annotate is not None, written)
    paths, files, note, workers = paths or [], [], None, worker_count(workers)
    if listed is None:
        listing = find_images(paths, recursive=recursive)
        files, note = listing.images, listing.note()
    inputs = inputs_of(files, listed, shard)
    read = files if listed in (None, "-") else [listed]
    check_outputs(texts, read, models=models, overwrite=overwrite or going_on)
    if annotate is not None:
        from smile_edge.sinks.image_folder import copies_of

        check_copies(annotate, copies_of(annotate, paths, files), files, models=models, overwrite=overwrite)
    settings = {
        "models": models,
        "provider": provider,
        "max_faces": max_faces,
        "threads": threads,
        "precision": precision,
        "fast": fast,
        "hfov": hfov,
        "expression": expression,
        **filters,
    }
    images, failed = _remaining(kept, settings, inputs, max_pixels, retry=retry_errors) if going_on else (inputs, 0)
    if note is not None:
        say(note)
    for_cpu = provider == "cpu" or (provider == "auto" and missing_driver() is not None)
    most = workers * _WORTH_A_PROCESS if images.count is None else images.count
    many = 1 < workers <= most / _WORTH_A_PROCESS
    with interruptible(), ClosingStack() as stack:
        # Pictures for --annotate would have to be sent from process to process.
        apart = for_cpu and annotate is None and (many or timeout is not None)
        pool = _processes(stack, min(workers, max(most, 1))) if apart else None
        numbered = Numbered(images)
        results, reports = _results(
            pool, numbered.paths(), settings, workers, batch, timeout, annotate is not None, hiding
        )
        run = run_of(settings, inputs, max_pixels)
        sinks = _open_sinks(stack, paths, files, jsonl, csv, annotate, drawn, overwrite, expression, run, going_on)
        code = _run(numbered.numbered(results), images.count, reports, sinks) or int(failed > 0)
    if code:
        raise typer.Exit(code)


def _remaining(
    kept: Mapping[str, Path], settings: Mapping[str, Any], inputs: "Inputs", max_pixels: int | None, *, retry: bool
) -> "tuple[Remaining, int]":
    """What is left of a run once its outputs are brought in line, and how many images failed in them."""
    from smile_edge.batch.resume import resume

    with interruptible():
        remaining = resume(kept, inputs, run_of(settings, inputs, max_pixels), retry=retry)
    done = remaining.done
    wrong = f", {done.failed} of them failed (--retry-errors tries them again)" if done.failed else ""
    say(f"goes on after {done.count} images{wrong}")
    return remaining, done.failed


def _processes(stack: ExitStack, workers: int) -> "ProcessPool | None":
    """Worker processes, loading OpenCV and onnxruntime while this one gets ready; None where there can be none."""
    from smile_edge.batch.process_pool import ProcessPool

    try:
        with interrupts.held_back():
            return stack.enter_context(ProcessPool(workers))
    except WorkerError as error:
        _tell_of_threads(error)
        return None


def _tell_of_threads(error: WorkerError) -> None:
    say(f"smile-edge: {error}; threads do their work, which is slower")


def _results(
    pool: "ProcessPool | None",
    files: Iterable[Path],
    settings: "Mapping[str, Any]",
    workers: int,
    batch: int | None,
    timeout: float | None,
    pictures: bool,
    hiding: tuple[str, float] | None,
) -> "tuple[Iterable[tuple[Frame, FrameResult]], Mapping[str, ExecutionReport]]":
    """The results of the images to come, and what the models run on."""
    if pool is not None:
        try:
            reports = pool.open(settings)
            return pool.process_images(files, batch=batch or 4, timeout_s=timeout), reports
        except WorkerError as error:
            pool.close()
            _tell_of_threads(error)
    # Only now: processes load OpenCV and onnxruntime for themselves.
    from smile_edge.batch.runner import process_images
    from smile_edge.pipeline.face_pipeline import FacePipeline

    pipeline = FacePipeline(**settings)
    on_cpu = all(report.obtained == "cpu" for report in pipeline.reports.values())
    batch = batch or (2 if on_cpu else 4)
    results = process_images(
        files,
        pipeline,
        workers=workers,
        batch=batch,
        pictures=pictures,
        timeout_s=timeout,
        largest_picture_px=_LARGEST_PICTURE_PX,
    )
    if hiding is not None:
        from smile_edge.batch.hidden import hidden_images
        from smile_edge.pipeline.head_finder import HeadFinder

        mode, min_score = hiding
        results = hidden_images(results, HeadFinder(pipeline.models.detector, min_score), mode)
    return results, pipeline.reports


def _open_sinks(
    stack: ExitStack,
    paths: list[str],
    files: list[Path],
    jsonl: str | None,
    csv: Path | None,
    annotate: Path | None,
    drawn: Collection[str],
    overwrite: bool,
    expression: bool,
    run: Mapping[str, Any],
    going_on: bool,
) -> "list[Sink]":
    from smile_edge.cli.output_sinks import continue_file, open_file
    from smile_edge.sinks import ImageFolderSink

    texts = {"jsonl": jsonl, "csv": csv}
    wanted = {kind: target for kind, target in texts.items() if target is not None}
    if going_on:
        return [
            stack.enter_context(continue_file(kind, Path(target), run, expression=expression))
            for kind, target in wanted.items()
        ]
    alone = len(wanted) == 1 and annotate is None
    sinks: list[Sink] = [
        stack.enter_context(open_file(kind, target, overwrite=overwrite, alone=alone, expression=expression, run=run))
        for kind, target in wanted.items()
    ]
    if annotate is not None:
        folder = ImageFolderSink(annotate, roots=paths, inputs=files, draw=drawn, overwrite=overwrite)
        sinks.append(stack.enter_context(folder))
    return sinks


def _run(
    results: "Iterable[tuple[Frame, FrameResult]]",
    total: int | None,
    reports: "Mapping[str, ExecutionReport]",
    sinks: "Sequence[Sink]",
) -> int:
    """Runs the batch, draws the progress and sums up; returns the exit code. Where all readers of its outputs have left
    it ends without a word."""
    line = LiveLine()
    started_s = time.monotonic()
    done = faces = failed = damaged = 0
    interrupted = False
    try:
        for frame, result in results:
            with interrupts.held_back():
                for sink in sinks:
                    sink.write(frame, result)
            if all(sink.closed for sink in sinks):
                return 0  # all readers have left
            done, faces, failed = done + 1, faces + len(result.faces), failed + (result.error is not None)
            damaged += result.warning is not None
            if line.due():
                line.draw(_progress(done, total, failed, time.monotonic() - started_s))
    except KeyboardInterrupt:
        interrupted = True
    rate = done / max(time.monotonic() - started_s, 1e-9)
    of = "" if total is None else f" of {total}"
    line.finish(
        f"{done}{of} images, {faces} faces, {failed} failed{f', {damaged} damaged' if damaged else ''}, "
        f"{rate:.1f} images/s{readers_left_text(sinks)}, "
        f"provider {provider_text(reports)}{', interrupted' if interrupted else ''}"
    )
    return 130 if interrupted else int(failed > 0)


def _progress(done: int, total: int | None, failed: int, elapsed_s: float) -> str:
    rate = done / max(elapsed_s, 1e-9)
    wrong = f"  {failed} failed" if failed else ""
    if total is None:
        return f"{done} images  {rate:.1f} images/s{wrong}"
    filled = _BAR_WIDTH * done // total
    return (
        f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}  {rate:.1f} images/s  "
        f"{clock_text((total - done) / rate)} left{wrong}"
    )
