"""Results of the speed suites on disk: `<suite>.json`, and what is made of it."""

import json
from pathlib import Path
from typing import Any

from benchmarks.reporting.markdown import finite, origin, table
from benchmarks.speed.harness.process import RESULTS_SCHEMA
from benchmarks.speed.harness.suite import Row
from benchmarks.speed.registry import suite_named
from smile_edge.errors import UsageError
from train.errors import DataError

__all__ = ["amount", "markdown", "read_results", "results_in", "rows_table", "write_results"]

Results = dict[str, Any]


def write_results(results: Results, out: Path) -> Path:
    """Writes `<suite>.json`, `.md` and, where there is something to draw, `.png`; the path of the first."""
    from benchmarks.speed.report.plots import draw_plot

    results = finite(results)
    path = out / f"{results['suite']}.json"
    path.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", "utf-8")
    plot = draw_plot(results, out)
    path.with_suffix(".md").write_text(markdown(results, plot), "utf-8")
    return path


def read_results(path: Path) -> Results:
    """What `write_results` left.

    Raises:
        DataError: it is not there, or not such a result.
    """
    try:
        results = json.loads(path.read_text("utf-8"))
        named = all(isinstance(row["name"], str) and ("missing" in row or _is_figure(row)) for row in results["rows"])
        if not named or results["schema"] != RESULTS_SCHEMA:
            raise DataError(f"{path} is of another version: run `python -m benchmarks {results['suite']}` again")
        suite_named(results["suite"])
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; expected a result of `python -m benchmarks`") from None
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise DataError(
            f"{path} is no result of a speed suite ({type(error).__name__}: {error}): run the suite again"
        ) from None
    return results


def results_in(folder: Path) -> dict[str, Results]:
    """The results of every speed suite in a folder, by suite."""
    from benchmarks.speed.registry import SUITES

    return {name: read_results(folder / f"{name}.json") for name in SUITES if (folder / f"{name}.json").is_file()}


def markdown(results: Results, plot: Path | None) -> str:
    """The whole report of one suite."""
    sections = [f"# {suite_named(results['suite']).title}\n", origin(results)]
    if results["quick"]:
        sections.append("A quick run: a few calls a case, for trying the machinery and not for comparing.\n")
    if plot is not None:
        sections.append(f"![{plot.stem}]({plot.name})\n")
    return "\n".join([*sections, rows_table(results["rows"])])


def rows_table(rows: list[Row]) -> str:
    """All figures of a suite; columns that would be empty are left out. Gaps are said below.

    The spread is the range of a figure over the rounds, as a share of its median.
    """
    columns = {"figure": "value", "p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms", "wall s": "wall_s"}
    columns |= {"calls": "calls", "frames": "frames", "faces found": "faces_found", "spread": "rounds"}
    measured = [row for row in rows if "value" in row]
    if all(row["unit"] == "ms" for row in measured if "p50_ms" in row):
        del columns["p50"]  # it is the figure itself, or, as in `age`, the figure is one of the others
    shown = {title: key for title, key in columns.items() if any(key in row for row in measured)}
    cells = [[row["name"].replace("|", "\\|"), *(_cell(row, key) for key in shown.values())] for row in measured]
    gaps = [f"Not measured: {row['name']}: {row['missing']}.\n" for row in rows if "missing" in row]
    return "\n".join([table(["", *shown], cells), *gaps])


def amount(value: float, unit: str) -> str:
    """A figure as people say it: `85 µs`, `2.31 ms`, `412 fps`, `x 5.2`."""
    if unit == "ms":
        return f"{1000 * value:.0f} µs" if abs(value) < 0.1 else f"{value:.{2 if abs(value) < 20 else 1}f} ms"
    if unit == "x":
        return f"x {value:.2f}"
    digits = {"fps": 0, "images/s": 0, "s": 2, "MB": 1}.get(unit, 2)
    return f"{value:.{digits}f} {unit}"


def _cell(row: Row, key: str) -> str:
    value = row.get(key)
    if value is None:
        return "-"
    if key == "value":
        return amount(value, row["unit"])
    if key == "rounds":
        return f"{100 * (max(value) - min(value)) / max(abs(row['value']), 1e-9):.0f} %"
    return amount(value, "ms") if key.endswith("_ms") else f"{value:g}"


def _is_figure(row: Row) -> bool:
    return (
        isinstance(row["value"], int | float) and isinstance(row["unit"], str) and row["better"] in ("lower", "higher")
    )
