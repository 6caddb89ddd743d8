"""`smile-edge image batch`: many image files into records and annotated copies."""

from pathlib import Path
from typing import Annotated

import typer

from smile_edge.cli.console import (
    DrawOption,
    ExpressionOption,
    HfovOption,
    HideMinScoreOption,
    HideOption,
    MaxPixelsOption,
    ModelsOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    require_positive,
    what_to_draw,
    what_to_hide,
)
from smile_edge.cli.image.cluster.option import RayOption
from smile_edge.cli.image.request import Existing, Named, OnRay, Pictures, Request, Work
from smile_edge.cli.image.run import run_batch
from smile_edge.cli.options.batch_inputs import ListOption, PathsArgument, ShardOption, WorkersOption, worker_count
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
from smile_edge.cli.options.large_and_crops import (
    CropSizeOption,
    CropsOption,
    CropTemplateOption,
    TilesOption,
    crops_of,
    tiles_of,
)
from smile_edge.cli.options.run_control import ResumeOption, RetryErrorsOption
from smile_edge.validation import check_seconds

__all__ = ["batch_command"]


def batch_command(
    paths: PathsArgument = None,
    listed: ListOption = None,
    shard: ShardOption = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write one JSON record an image; - is stdout.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="Write one CSV row a face.")] = None,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write Parquet parts, one row a face, into this folder (extra: parquet)."),
    ] = None,
    coco: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write COCO key points, once all images are done.")
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write annotated copies into this folder.")
    ] = None,
    crops: CropsOption = None,
    crop_size: CropSizeOption = None,
    crop_template: CropTemplateOption = None,
    resume: ResumeOption = False,
    retry_errors: RetryErrorsOption = False,
    workers: WorkersOption = None,
    ray: RayOption = None,
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Images in one detector call.", show_default="2 to 8"),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Give up an image after this time, tried twice; given, it makes workers processes on a CPU.",
            show_default="60; 600 with --tiles",
        ),
    ] = None,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="One look at each image: 1.4 times as fast, but small faces are missed."),
    ] = False,
    tiles: TilesOption = None,
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
    named = Named(tuple(paths or ()), listed, shard, recursive, max_pixels)
    cut = crops_of(crops, crop_size, crop_template)
    pictures = Pictures(what_to_draw(draw, hidden=hide is not None), what_to_hide(hide, hide_min_score), *cut)
    require_positive(workers=workers, batch=batch, max_faces=max_faces, threads=threads, max_pixels=max_pixels)
    check_seconds(**{"--timeout": timeout})
    settings = {
        "models": models,
        "provider": provider,
        "max_faces": max_faces,
        "threads": threads,
        "precision": precision,
        "fast": fast,
        "hfov": hfov,
        "expression": expression,
        "tiles": tiles_of(tiles, fast=fast),
        **filters_of(min_score, min_size, roi),
    }
    targets = {
        "jsonl": jsonl,
        "csv": csv,
        "parquet": parquet,
        "coco": coco,
        "annotate": annotate,
        "crops": crops,
    }
    request = Request(
        named,
        settings,
        {kind: target for kind, target in targets.items() if target is not None},
        pictures,
        Work(worker_count(workers), batch, timeout, None if ray is None else OnRay(ray, workers)),
        Existing(overwrite, resume, retry_errors),
    )
    if code := run_batch(request):
        raise typer.Exit(code)
