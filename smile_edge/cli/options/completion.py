"""`smile-edge completion`: what a shell needs to complete commands, options and their values."""

import os
from collections.abc import Callable
from typing import Annotated

import typer

from smile_edge.errors import UsageError

__all__ = ["SHELLS", "completion_command", "get_ready_to_complete", "one_of"]

SHELLS = ("bash", "zsh", "fish", "powershell")

_ASKED_BY = "_SMILE_EDGE_COMPLETE"
"""The variable by which a shell asks for completions."""


def one_of(*values: str) -> Callable[[], list[str]]:
    """Completes an option to one of these values."""
    return lambda: list(values)


def completion_command(
    shell: Annotated[
        str,
        typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", autocompletion=one_of(*SHELLS)),
    ],
) -> None:
    """Print a script that makes a shell complete commands and options.

    Load it where the shell starts:

    \b
    ~/.bashrc      eval "$(smile-edge completion bash)"
    ~/.zshrc       eval "$(smile-edge completion zsh)", after compinit
    config.fish    smile-edge completion fish | source
    $PROFILE       smile-edge completion powershell | Out-String | iex
    """
    if shell not in SHELLS:
        raise UsageError(f"SHELL must be {', '.join(SHELLS[:-1])} or {SHELLS[-1]}. Received: {shell!r}")
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    typer.echo(get_completion_script(prog_name="smile-edge", complete_var=_ASKED_BY, shell=shell))


def get_ready_to_complete() -> None:
    """Loads what answers a shell, where one asks."""
    if _ASKED_BY in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
