"""Options of `image batch` that say whether a run goes on where an earlier one ended."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smile_edge.errors import ModelError, UsageError

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs

__all__ = ["ResumeOption", "RetryErrorsOption", "check_resume", "run_of"]

ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on where the outputs end, with the same images and options.")
]
RetryErrorsOption = Annotated[
    bool, typer.Option("--retry-errors", help="Go on, and try the images again whose records have an error.")
]


def check_resume(texts: Mapping[str, str | Path | None], *, overwrite: bool, annotate: bool) -> dict[str, Path]:
    """The outputs that a run can go on with, by kind.

    Raises:
        UsageError: there is none, or another option does not go with it.
    """
    if overwrite:
        raise UsageError("--resume keeps what the outputs hold and --overwrite replaces it: give one of them")
    if annotate:
        raise UsageError("--resume goes on with --jsonl and --csv, not with --annotate: run without it")
    outputs = {kind: Path(target) for kind, target in texts.items() if target is not None}
    for kind, path in outputs.items():
        if str(path) == "-" or (path.exists() and not path.is_file()):
            raise UsageError(f"--resume reads back what the outputs hold: give --{kind} a file")
    return outputs


def run_of(settings: Mapping[str, Any], inputs: "Inputs", max_pixels: int | None) -> dict[str, Any]:
    """What decides the records of a run, as plain JSON.

    Args:
        settings: of `FacePipeline`.
        inputs: the images.
        max_pixels: the limit that was given.
    """
    from smile_edge.batch.run_file import digest_of_models
    from smile_edge.records import SCHEMA
    from smile_edge.runtime.manifest import find_models

    try:
        models = digest_of_models(find_models(settings["models"]))
    except (ModelError, OSError):
        models = ""  # opening them will say why
    names = ("precision", "fast", "hfov", "expression", "max_faces", "min_score", "min_size", "roi")
    options = {f"--{name.replace('_', '-')}": settings[name] for name in names}
    return {
        "schema": SCHEMA,
        **options,
        "--max-pixels": max_pixels,
        "models": models,
        "--shard": str(inputs.shard),
        "number of images": inputs.total,
        "images": inputs.identity,
    }
