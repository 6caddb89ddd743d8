"""Results of the speed suites on disk: `<suite>.json`, and what is made of it."""

import json
from pathlib import Path
from typing import Any

from benchmarks.reporting.markdown import table
from benchmarks.speed.harness.suite import RESULTS_SCHEMA, Row
from benchmarks.speed.registry import suite_named
from benchmarks.speed.report.plot_marks import amount
from smile_edge.errors import UsageError
from train.errors import DataError

__all__ = ["read_results", "results_in", "rows_table"]

Results = dict[str, Any]


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


def rows_table(rows: list[Row]) -> str:
    """All figures of a suite; columns that would be empty are left out. Gaps are said below.

    The spread is the range of a figure over the rounds, as a share of its median.
    """
    columns = {"figure": "value", "p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms", "wall s": "wall_s"}
    columns |= {"CPU ms an image": "cpu_ms", "kB a picture": "picture_kb"}
    columns |= {"calls": "calls", "frames": "frames", "faces found": "faces_found", "spread": "rounds"}
    measured = [row for row in rows if "value" in row]
    if all(row["unit"] == "ms" for row in measured if "p50_ms" in row):
        del columns["p50"]  # it is the figure itself, or, as in `age`, the figure is one of the others
    shown = {title: key for title, key in columns.items() if any(key in row for row in measured)}
    cells = [[row["name"].replace("|", "\\|"), *(_cell(row, key) for key in shown.values())] for row in measured]
    gaps = [f"Not measured: {row['name']}: {row['missing']}.\n" for row in rows if "missing" in row]
    return "\n".join([table(["", *shown], cells), *gaps])


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
