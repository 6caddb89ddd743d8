"""Option types that `webcam` alone has, apart from those that send."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ContactSheetOption", "ListOption", "ShowOption", "VideoOption"]

ShowOption = Annotated[
    bool | None,
    typer.Option(
        "--show/--no-show",
        help="Show a window a source (keys: m mirror, space pause, s snapshot, q quit); without either, it opens if"
        " nothing is written and a display exists.",
    ),
]
VideoOption = Annotated[
    Path | None,
    typer.Option(
        "--video",
        metavar="PATH",
        help="Write the annotated video: mp4, mov, mkv, webm, avi or gif, by its ending.",
    ),
]
ContactSheetOption = Annotated[
    Path | None,
    typer.Option("--contact-sheet", metavar="PATH", help="Write a PNG with twelve annotated frames of the run."),
]
ListOption = Annotated[
    bool, typer.Option("--list", help="Name the cameras found, and exit; the exit code is 1 where there is none.")
]
