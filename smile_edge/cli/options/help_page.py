"""Help pages as plain text: options in groups, defaults that read, nothing cut off.

Typer can group options only by rich, whose import would double the start-up time.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from smile_edge.cli.options.groups import GROUPS, OTHER, group_of

__all__ = ["PageCommand", "PageGroup", "default_text", "rows_by_group"]

_NO_BREAK = "\N{NO-BREAK SPACE}"


class PageCommand(TyperCommand):
    """A command whose help page shows its options in groups; its errors know the page."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if getattr(error, "ctx", self) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        for group, rows in rows_by_group(self.get_params(ctx)).items():
            _write_section(formatter, group, rows)


class PageGroup(TyperGroup):
    """Several commands; its help page tells what each is for, in whole sentences."""

    command_class = PageCommand

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        rows = [row for parameter in self.get_params(ctx) if (row := _row(parameter)) is not None]
        _write_section(formatter, "Options", rows)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _summary(command)) for name, command in commands if command is not None and not command.hidden]
        _write_section(formatter, "Commands", rows)


def rows_by_group(parameters: Iterable[Any]) -> dict[str, list[tuple[str, str]]]:
    """Names and help of the parameters of a command by group; groups without any are left out."""
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in (*GROUPS, OTHER)}
    for parameter in sorted(parameters, key=lambda one: bool(one.param_type_name != "argument")):
        row = _row(parameter)
        if row is not None:
            groups[group_of(parameter.name)].append(row)
    return {name: rows for name, rows in groups.items() if rows}


def default_text(parameter: Any) -> str:
    """The default as a reader says it; empty where there is none to tell."""
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    value = parameter.default
    if not parameter.show_default or value is None or callable(value):
        return ""
    if isinstance(value, bool):
        names = parameter.opts if value else parameter.secondary_opts
        return str(names[0]) if parameter.secondary_opts else ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(parameter: Any) -> tuple[str, str] | None:
    if getattr(parameter, "hidden", False):
        return None
    names = _names(parameter)
    default = default_text(parameter)
    notes = [f"[default: {default}]"] if default else ["[required]"] if parameter.required else []
    return names, " ".join([parameter.help or "", *(_unbroken(note) for note in notes)])


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"{parameter.metavar}..." if parameter.nargs != 1 else str(parameter.metavar)
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        return f"{names} / {', '.join(parameter.secondary_opts)}"
    return names if parameter.is_flag else f"{names} {parameter.metavar}"


def _unbroken(note: str) -> str:
    """A short note stays on one line."""
    return note.replace(" ", _NO_BREAK) if len(note) <= 30 else note


def _summary(command: Any) -> str:
    """The first paragraph of a command's help."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _write_section(formatter: Any, heading: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    with formatter.section(heading):
        formatter.write_dl(rows)
    formatter.buffer[:] = [text.replace(_NO_BREAK, " ") for text in formatter.buffer]
