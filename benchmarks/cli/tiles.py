"""The command of small faces in large pictures; `benchmarks.__main__` adds it to its own."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_commands"]


def add_commands(app: typer.Typer) -> None:
    """Adds `tiles`."""
    app.command()(tiles)


def tiles(
    data: Annotated[
        Path | None, typer.Option(help="Pack of faces in MTFL's format, to paste beside the built-in portrait.")
    ] = None,
    negatives: Annotated[
        Path | None, typer.Option(help="Folder of face-free images, to paste into; those that training held out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Receives tiles.json and tiles.md.")] = Path("benchmarks/results"),
    faces: Annotated[int, typer.Option(min=1, help="Faces in each large picture.")] = 200,
    empty: Annotated[int, typer.Option(min=1, help="Large pictures without a face.")] = 4,
) -> None:
    """Faces of 24 px in large pictures, with --tiles and without: recall, false alarms, time, memory."""
    from benchmarks.accuracy.tiles.report import tables, write_tiles
    from benchmarks.accuracy.tiles.suite import Plan, measure_tiles
    from benchmarks.reporting.environment import command_line

    out.mkdir(parents=True, exist_ok=True)
    found = measure_tiles(Plan(data, negatives, faces, empty), tell=lambda text: typer.echo(text, err=True))
    options = {"data": data, "negatives": negatives, "faces": faces, "empty": empty}
    results = {"command": command_line("tiles", options), **found}
    write_tiles(results, out)
    typer.echo(tables(results))
