"""Options that say which faces are told of."""

from typing import Annotated, Any

import typer

from smile_edge.errors import UsageError

__all__ = ["MinScoreOption", "MinSizeOption", "RoiOption", "filters_of"]

MinScoreOption = Annotated[
    float | None,
    typer.Option(
        "--min-score",
        metavar="0..1",
        help="Leave out faces of a lower score; a low value finds more, also what is none (docs/filters.md).",
        show_default="the models' own",
    ),
]
MinSizeOption = Annotated[
    float | None,
    typer.Option("--min-size", metavar="PX", help="Leave out smaller faces: by the longer side of their box."),
]
RoiOption = Annotated[
    str | None,
    typer.Option(
        "--roi", metavar="X,Y,W,H", help="Only faces whose middle lies in this rectangle: left, top, width, height, px."
    ),
]


def filters_of(min_score: float | None, min_size: float | None, roi: str | None) -> dict[str, Any]:
    """What the options give to `FacePipeline`.

    Raises:
        UsageError: it names the option.
    """
    if min_score is not None and not 0 <= min_score <= 1:
        raise UsageError(f"--min-score must lie between 0 and 1. Received: {min_score}")
    if min_size is not None and not 0 <= min_size <= 1e9:
        raise UsageError(f"--min-size must be px, at least 0, at most 1000000000. Received: {min_size}")
    return {"min_score": min_score, "min_size": min_size, "roi": None if roi is None else _rectangle(roi)}


def _rectangle(text: str) -> tuple[float, ...]:
    try:
        left, top, width, height = map(float, text.split(","))
    except ValueError:
        left = top = width = height = -1.0
    if not (0 <= left <= 1e9 and 0 <= top <= 1e9 and 0 < width <= 1e9 and 0 < height <= 1e9):
        raise UsageError(f"--roi must be left,top,width,height in px, such as 0,0,640,480. Received: {text[:60]!r}")
    return left, top, width, height
