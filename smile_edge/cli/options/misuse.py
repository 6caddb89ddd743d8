"""What is said of a command line that Typer cannot make sense of: the nearest right one, and the help page."""

from typing import Any

import typer

__all__ = ["add_nearest_command", "help_page", "misuse_text"]


def misuse_text(error: Any) -> str:
    """The message of an error of Typer, in one sentence without a full stop."""
    text = str(error.format_message()).rstrip(".")
    possible = getattr(error, "possibilities", None)
    if possible and hasattr(error, "option_name"):
        return f"{error.message.rstrip('.')}; did you mean {possible[0]}?"
    return text


def help_page(error: Any, program: str) -> str:
    """The command that explains what was misused, such as `smile-edge webcam --help`."""
    context = getattr(error, "ctx", None)
    return f"{program if context is None else context.command_path} --help"


def add_nearest_command(error: Any, group: Any, context: typer.Context, words: list[str]) -> None:
    """Tells in a "no such command" which command was meant: one that lies deeper, or that of a source or folder."""
    message = error.message
    if not words or not message.startswith("No such command"):
        return
    meant = _meant(group, words[0])
    if meant is not None:
        error.message = f"No such command {words[0]!r}. Did you mean '{context.command_path} {meant}'?"


def _meant(group: Any, word: str) -> str | None:
    commands = group.commands
    for name, command in commands.items():
        if word in getattr(command, "commands", ()):
            return f"{name} {word}"
    if word.isdigit() or word in ("demo", "-") or "/" in word or "." in word:
        first = next(iter(commands))  # of `smile-edge` that is `webcam`, of `smile-edge image` it is `batch`
        return f"{first} {word}"
    return None
