"""The command of the thresholds; `benchmarks.__main__` adds it to its own."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["PLACE", "thresholds"]

PLACE = "thresholds"
"""Of the table in the page: `<!-- benchmarks: thresholds -->`."""


def thresholds(
    data: Annotated[
        list[Path], typer.Option(help="Pack of scenes with wider_face_bbx_gt.txt; several are taken together.")
    ],
    out: Annotated[Path, typer.Option(help="Receives thresholds.png.")] = Path("docs"),
    page: Annotated[Path, typer.Option(help="File that has a place for the table.")] = Path("docs/filters.md"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many pictures of each pack.")] = None,
) -> None:
    """Precision and recall at each threshold of the score, and at those that ship: a plot, and the table of a page."""
    from benchmarks.accuracy.thresholds.report import threshold_plot, threshold_table
    from benchmarks.accuracy.thresholds.suite import measure_thresholds
    from benchmarks.reporting.placeholders import fill_places
    from smile_edge.errors import UsageError

    if not out.is_dir():
        raise UsageError(f"--out must be a folder that is there. Received: {out}")
    words = ["python -m benchmarks thresholds", *(f"--data {pack.name}" for pack in data)]
    words += [] if limit is None else [f"--limit {limit}"]
    results = {"command": " ".join(words), **measure_thresholds(data, limit)}
    threshold_plot(results).savefig(out / "thresholds.png")
    fill_places(page, {PLACE: threshold_table(results)})
    typer.echo(threshold_table(results))
