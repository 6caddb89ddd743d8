"""`smile-edge image batch`: many image files into records and annotated copies."""

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.console import (
    LiveLine,
    ModelsOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    clock_text,
    interruptible,
    provider_text,
    require_positive,
)
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.pipeline import FacePipeline
    from smile_edge.sinks import Sink

__all__ = ["batch_command"]

_BAR_WIDTH = 24


def batch_command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Images, folders or globs.")],
    jsonl: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write one JSON record an image; - is stdout.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="Write one CSV row a face.")] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write annotated copies into this folder.")
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Threads, each for its own images.")] = min(
        8, os.cpu_count() or 1
    ),
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Images in one detector call.", show_default="2 on the CPU, 4 on a GPU"),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", help="Go down into the folders of each folder.")] = False,
    max_faces: Annotated[int | None, typer.Option(metavar="N", help="At most this many faces an image.")] = None,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
) -> None:
    """Find the faces of many images.

    Results come in input order. A broken image is a record with `error`; the exit code is 1 then.
    """
    require_positive(workers=workers, batch=batch, max_faces=max_faces, threads=threads)
    if jsonl is None and csv is None and annotate is None:
        raise UsageError("nothing to write: give --jsonl PATH (or -), --csv PATH or --annotate DIR")
    from smile_edge.pipeline import FacePipeline
    from smile_edge.sources.images import list_images

    files = list_images(paths, recursive=recursive)
    with interruptible(), ExitStack() as stack:
        pipeline = FacePipeline(models, provider, max_faces, threads=threads, precision=precision)
        sinks = _open_sinks(stack, paths, jsonl, csv, annotate)
        if batch is None:
            batch = 2 if all(report.obtained == "cpu" for report in pipeline.reports.values()) else 4
        code = _run(files, pipeline, sinks, workers, batch, pictures=annotate is not None)
    if code:
        raise typer.Exit(code)


def _open_sinks(
    stack: ExitStack, paths: list[str], jsonl: str | None, csv: Path | None, annotate: Path | None
) -> "list[Sink]":
    from smile_edge.sinks import CsvSink, ImageFolderSink, JsonlSink

    sinks: list[Sink] = []
    if jsonl is not None:
        sinks.append(stack.enter_context(JsonlSink(jsonl)))
    if csv is not None:
        sinks.append(stack.enter_context(CsvSink(csv)))
    if annotate is not None:
        sinks.append(stack.enter_context(ImageFolderSink(annotate, roots=paths)))
    return sinks


def _run(
    files: list[Path], pipeline: "FacePipeline", sinks: "list[Sink]", workers: int, batch: int, *, pictures: bool
) -> int:
    """Runs the batch, draws the progress and sums up; returns the exit code."""
    from smile_edge.batch import process_images

    line = LiveLine()
    started_s = time.monotonic()
    done = faces = failed = 0
    interrupted = False
    try:
        for frame, result in process_images(files, pipeline, workers=workers, batch=batch, pictures=pictures):
            for sink in sinks:
                sink.write(frame, result)
            done, faces, failed = done + 1, faces + len(result.faces), failed + (result.error is not None)
            if line.due():
                line.draw(_progress(done, len(files), failed, time.monotonic() - started_s))
    except KeyboardInterrupt:
        interrupted = True
    rate = done / max(time.monotonic() - started_s, 1e-9)
    line.finish(
        f"{done} of {len(files)} images, {faces} faces, {failed} failed, {rate:.1f} images/s, "
        f"provider {provider_text(pipeline.reports)}{', interrupted' if interrupted else ''}"
    )
    return 130 if interrupted else int(failed > 0)


def _progress(done: int, total: int, failed: int, elapsed_s: float) -> str:
    filled = _BAR_WIDTH * done // total
    rate = done / max(elapsed_s, 1e-9)
    return (
        f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}  {rate:.1f} images/s  "
        f"{clock_text((total - done) / rate)} left{f'  {failed} failed' if failed else ''}"
    )
