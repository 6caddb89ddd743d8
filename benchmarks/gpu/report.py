"""The run's figures as a page, and its short table for `docs/cuda.md` and the README."""

import json
from pathlib import Path
from typing import Any

from benchmarks.gpu.run import RESULT, Results
from benchmarks.reporting.markdown import table
from benchmarks.speed.harness.suite import Row
from train.errors import DataError

__all__ = ["read_results", "short_table", "write_page"]

_SHORT = (
    "frame, tracked, 640x480, 1 face, two sessions",
    "frame, fresh, 640x480, 1 face, two sessions",
    "frame, fresh, 640x480, 1 face, one graph",
    "frame, tracked, 1280x720, 16 faces, two sessions",
    "frames of 16 streams",
    "pictures, 640x480, 1 face, batch 64",
    "landmarks with their crops, batch 64",
    "landmarks, batch 256, CUDA graph",
    "detector, batch 64, CUDA graph",
    "start: first points",
    "parity: two sessions on cuda against two sessions on the CPU",
    "parity: one graph on cuda against two sessions on the CPU",
)


def read_results(folder: Path) -> Results:
    """What the run left.

    Raises:
        DataError: it is not there or damaged.
    """
    path = folder / RESULT
    try:
        results = json.loads(path.read_text("utf-8"))
        rows = [row["name"] for step in results["steps"].values() for row in step["rows"]]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; expected a result of `python -m benchmarks gpu`") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is no result of `python -m benchmarks gpu` ({error}): run it again") from None
    if not rows:
        raise DataError(f"{path} has no figures: run `python -m benchmarks gpu` again")
    return dict(results)


def write_page(results: Results, out: Path) -> Path:
    """Writes `gpu.md`: machine, card, versions, and a table a step."""
    sections = ["# On a GPU\n", f"    {results['command']}\n", f"{_where(results)}\n"]
    for name, step in results["steps"].items():
        sections += [f"## {name}\n", _step_table(step["rows"])]
        if step.get("card"):
            busy = ", ".join(f"{key} {value:g}" for key, value in step["card"].items())
            sections.append(f"nvidia-smi, medians: {busy}.\n")
    path = out / "gpu.md"
    path.write_text("\n".join(sections), "utf-8")
    return path


def short_table(results: Results) -> str:
    """What a reader wants to know first, the CPU of the same machine beside it."""
    gpu = _by_name(results, on_cpu=False)
    cpu = _by_name(results, on_cpu=True)
    rows = [[name, _amount(gpu[name]), _beside(name, cpu)] for name in _SHORT if name in gpu]
    return f"{_where(results)}; `{results['command']}`.\n\n" + table(["", "GPU", "its host's CPU, one core"], rows)


def _beside(name: str, cpu: dict[str, Row]) -> str:
    row = cpu.get(name.replace("CUDA graph", "plain run").replace("one graph", "two sessions"))
    return _amount(row) if row else ""


def _by_name(results: Results, *, on_cpu: bool) -> dict[str, Row]:
    steps = [step for name, step in results["steps"].items() if name.endswith("on the CPU") == on_cpu]
    return {row["name"]: row for step in steps for row in step["rows"] if "value" in row}


def _where(results: Results) -> str:
    card, versions = results["card"], results["versions"]
    named = f"{card['name']}, driver {card['driver_version']}, " if card else "no NVIDIA card, "
    host = results["machine"]
    onnxruntime = versions["onnxruntime"]
    return (
        f"{named}{host['processor']}, {host['cores']} cores, onnxruntime {onnxruntime}, provider {results['provider']}"
    )


def _step_table(rows: list[Row]) -> str:
    shown = {"p95": "p95_ms", "p99": "p99_ms", "a second": "per_second", "faces found": "faces_found"}
    shown |= {
        "share": "share",
        "share of run": "share_of_run",
        "median px": "median_px",
        "mean loss px": "mean_loss_px",
    }
    columns = {title: key for title, key in shown.items() if any(key in row for row in rows)}
    cells = [
        [row["name"].replace("|", "\\|"), _amount(row), *(_cell(row.get(key)) for key in columns.values())]
        for row in rows
        if "value" in row
    ]
    gaps = [f"Not measured: {row['name']}: {row['missing']}.\n" for row in rows if "missing" in row]
    return "\n".join([table(["", "figure", *columns], cells), *gaps])


def _amount(row: Row) -> str:
    value, unit = row["value"], row["unit"]
    if unit == "ms" and value < 0.1:
        return f"{1000 * value:.0f} µs"
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:g}"
