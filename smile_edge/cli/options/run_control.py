"""Options of `image batch` that say whether a run goes on where an earlier one ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smile_edge.errors import ModelError

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs

__all__ = ["ResumeOption", "RetryErrorsOption", "run_of"]

ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on where the outputs end, with the same images and options.")
]
RetryErrorsOption = Annotated[
    bool, typer.Option("--retry-errors", help="Go on, and try the images again whose records have an error.")
]


def run_of(settings: Mapping[str, Any], inputs: "Inputs", max_pixels: int | None) -> dict[str, Any]:
    """What decides the records of a run, as plain JSON.

    Args:
        settings: of `FacePipeline`.
        inputs: the images.
        max_pixels: the limit that was given.
    """
    from smile_edge.batch.stores.run_file import digest_of_models
    from smile_edge.records import SCHEMA
    from smile_edge.runtime.manifest import find_models

    try:
        models = digest_of_models(find_models(settings["models"]))
    except (ModelError, OSError):
        models = ""  # opening them will say why
    names = ("precision", "fast", "hfov", "expression", "max_faces", "min_score", "min_size", "roi", "tiles")
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
