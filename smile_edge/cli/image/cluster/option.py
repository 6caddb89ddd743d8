"""`--ray`: a cluster does the work; with or without its address."""

import re
from itertools import pairwise
from typing import Annotated

import typer

from smile_edge.cli.options.completion import one_of
from smile_edge.cli.options.help_page import PageCommand

__all__ = ["BatchCommand", "RayOption"]

_LOCAL = "local"
_ADDRESS = re.compile(r"auto|local|[a-z]+://.*|(\[[^]]*\]|[^/\\:]+):\d+", re.ASCII)
"""What is meant as one, right or wrong; anything else behind `--ray` is an image."""

RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="[auto|HOST:PORT]",
        help="Spread the work over a Ray cluster, or a Ray on this machine; with --parquet alone (extra: ray).",
        autocompletion=one_of("auto"),
    ),
]


class BatchCommand(PageCommand):
    """A command whose `--ray` may stand without an address."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Puts the address of this machine behind it where there is none."""
        complete = []
        words = args[: args.index("--")] if "--" in args else args
        for argument, following in pairwise([*words, ""]):
            complete.append(argument)
            if argument == "--ray" and not _ADDRESS.fullmatch(following):
                complete.append(_LOCAL)
        return super().parse_args(ctx, complete + args[len(words) :])
