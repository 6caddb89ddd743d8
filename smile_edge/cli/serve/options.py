"""Option types that `serve` alone has."""

from typing import Annotated

import typer

__all__ = ["AllowHostOption", "HostOption", "MaxClientsOption", "PictureOption", "PortOption"]

HostOption = Annotated[
    str,
    typer.Option(
        "--host", metavar="ADDRESS", help="Listen on this address; 0.0.0.0 is all of them, and needs a token then."
    ),
]
PortOption = Annotated[int, typer.Option("--port", metavar="N", help="Listen on this port; 0 takes one that is free.")]
PictureOption = Annotated[
    bool, typer.Option("--picture/--no-picture", help="Send the pictures, or only what was found on them.")
]
MaxClientsOption = Annotated[
    int, typer.Option("--max-clients", metavar="N", help="Most viewers and programs at a time.")
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="Answer to this name, too; repeat it for several."),
]
