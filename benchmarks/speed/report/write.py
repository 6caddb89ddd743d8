"""Results as JSON, a table in Markdown and a plot."""

import json
from pathlib import Path

from benchmarks.reporting.markdown import finite, origin
from benchmarks.speed.registry import suite_named
from benchmarks.speed.report.results import Results, rows_table

__all__ = ["markdown", "write_results"]


def write_results(results: Results, out: Path) -> Path:
    """Writes `<suite>.json`, `.md` and, where there is something to draw, `.png`; the path of the first."""
    from benchmarks.speed.report.plots import draw_plot

    results = finite(results)
    path = out / f"{results['suite']}.json"
    path.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", "utf-8")
    plot = draw_plot(results, out)
    path.with_suffix(".md").write_text(markdown(results, plot), "utf-8")
    return path


def markdown(results: Results, plot: Path | None) -> str:
    """The whole report of one suite."""
    sections = [f"# {suite_named(results['suite']).title}\n", origin(results)]
    if results["quick"]:
        sections.append("A quick run: a few calls a case, for trying the machinery and not for comparing.\n")
    if plot is not None:
        sections.append(f"![{plot.stem}]({plot.name})\n")
    return "\n".join([*sections, rows_table(results["rows"])])
