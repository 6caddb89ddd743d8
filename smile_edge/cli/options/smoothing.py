"""`--smooth`: how much the points of a stream are filtered, with or without a number behind it."""

from itertools import pairwise
from typing import Annotated

import typer

from smile_edge.cli.options.help_page import PageCommand
from smile_edge.errors import UsageError

__all__ = ["DEFAULT_STRENGTH", "NoSmoothOption", "SmoothCommand", "SmoothOption", "strength_of"]

DEFAULT_STRENGTH = 0.5
"""Strength without a number."""

SmoothOption = Annotated[
    float | None,
    typer.Option(
        "--smooth",
        metavar="[0..1]",
        help="How much jitter is filtered (One-Euro): more is calmer and lags more, 0 is not at all.",
        show_default=str(DEFAULT_STRENGTH),
    ),
]
NoSmoothOption = Annotated[bool, typer.Option("--no-smooth", help="The same as --smooth 0.")]


class SmoothCommand(PageCommand):
    """A command whose `--smooth` may stand without a number, as it did when it was a switch."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Puts the number behind it where there is none."""
        complete = []
        for argument, following in pairwise([*args, ""]):
            complete.append(argument)
            if argument == "--smooth" and not _is_value(following):
                complete.append(str(DEFAULT_STRENGTH))
        return super().parse_args(ctx, complete)


def strength_of(smooth: float | None, no_smooth: bool) -> float:
    """The strength, 0..1, that both options ask for.

    Raises:
        UsageError: it is not within 0..1, or they contradict each other.
    """
    if no_smooth:
        if smooth:
            raise UsageError("--smooth and --no-smooth contradict each other: give one of them")
        return 0.0
    if smooth is None:
        return DEFAULT_STRENGTH
    if not 0 <= smooth <= 1:
        raise UsageError(f"--smooth must lie between 0 and 1. Received: {smooth}")
    return smooth


def _is_value(text: str) -> bool:
    """Whether an argument is meant as a value: a wrong one is to be told as such, and not taken for the next thing."""
    return bool(text) and (not text.startswith("-") or text[1:2].isdigit() or text[1:2] == ".")
