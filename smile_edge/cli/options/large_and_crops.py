"""Options of `image batch` for large pictures and for crops of faces."""

from pathlib import Path
from typing import Annotated

import typer

from smile_edge.cli.options.completion import one_of
from smile_edge.errors import UsageError

__all__ = ["CropSizeOption", "CropTemplateOption", "CropsOption", "TilesOption", "crops_of", "tiles_of"]

TilesOption = Annotated[
    str | None,
    typer.Option(
        "--tiles",
        metavar="auto|PX|off",
        help="Look at pictures over 640 px in tiles as well: finds faces from 24 px on, takes 0.1 s a megapixel.",
        show_default="off",
        autocompletion=one_of("auto", "off"),
    ),
]
CropsOption = Annotated[
    Path | None,
    typer.Option("--crops", metavar="DIR", help="Write each face, upright, as a PNG into this folder (docs/crops.md)."),
]
CropSizeOption = Annotated[
    int | None, typer.Option("--crop-size", metavar="PX", help="Side of a crop.", show_default="112")
]
CropTemplateOption = Annotated[
    str | None,
    typer.Option(
        "--crop-template",
        metavar="arcface|ffhq|smile-edge",
        help="How a crop is aligned.",
        show_default="arcface",
        autocompletion=one_of("arcface", "ffhq", "smile-edge"),
    ),
]
SIDES_PX, CROPS_PX = (256, 2048), (1, 4096)
"""Least and most px of a side: of a tile as in `detection.large_pictures`, of a crop as in `imaging.aligned_crops`.
Both would load numpy."""
TEMPLATES = ("arcface", "ffhq", "smile-edge")
"""As in `imaging.aligned_crops`."""


def tiles_of(given: str | None, *, fast: bool) -> str | int | None:
    """What the option gives to `FacePipeline`.

    Raises:
        UsageError: it names the option.
    """
    if given is None or given == "off":
        return None
    if fast:
        raise UsageError("--tiles looks at a picture many times and --fast once: give one of the two")
    if given == "auto":
        return given
    side_px = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    least, most = SIDES_PX
    if not least <= side_px <= most:
        raise UsageError(
            f"--tiles must be auto, off, or the side of a tile from {least} to {most} px. Received: {given[:60]!r}"
        )
    return side_px


def crops_of(crops: Path | None, size: int | None, template: str | None) -> tuple[int, str]:
    """Side and template of crops.

    Raises:
        UsageError: one was given and no crops are written, or there is no such crop.
    """
    for option, given in (("--crop-size", size), ("--crop-template", template)):
        if given is not None and crops is None:
            raise UsageError(f"{option} says how crops are written, and none is: add --crops DIR")
    size, template = 112 if size is None else size, "arcface" if template is None else template
    least, most = CROPS_PX
    if not least <= size <= most:
        raise UsageError(f"--crop-size must be from {least} to {most} px. Received: {size}")
    if template not in TEMPLATES:
        raise UsageError(f"--crop-template must be {', '.join(TEMPLATES)}. Received: {template[:60]!r}")
    return size, template
