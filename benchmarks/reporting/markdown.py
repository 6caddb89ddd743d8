"""What every report is written with: tables, numbers, and the lines that say where a figure comes from."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["finite", "number", "origin", "ran_on", "table"]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, all columns but the first to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def number(value: float | None, digits: int = 2) -> str:
    """With so many digits after the point; `-` where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def finite(value: Any) -> Any:
    """NaN has no place in JSON: it becomes null, however deep."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def ran_on(models: Sequence[Mapping[str, Any]]) -> str:
    """What the models of a result ran on: `cpu`, or `cpu, cpu int8` where some computed in integers."""
    precisions = [model.get("precision", "float32") for model in models]
    named = [
        model["obtained"] if precision == "float32" else f"{model['obtained']} {precision}"
        for model, precision in zip(models, precisions, strict=True)
    ]
    return ", ".join(sorted(set(named)))


def origin(results: dict[str, Any], times: Mapping[str, float] | None = None) -> str:
    """Command, machine, versions and models of a result.

    Args:
        results: `command`, and what `environment.describe` gives.
        times: milliseconds of a run, by names that start with the model's.
    """
    where, versions = results["machine"], results["versions"]
    lines = [f"    {results['command']}\n"]
    lines.append(f"{where['processor']}, {where['cores']} cores, load {where['load']}; {where['system']}.")
    lines.append(", ".join(f"{name} {value}" for name, value in versions.items()) + ".\n")
    rows = []
    for model in results["models"]:
        name = model["name"]
        shown = f"{model['obtained']}" + (f" ({model['reason']})" if model["reason"] else "")
        precision = model.get("precision", "float32")
        row = [name, f"`{model['sha256'][:12]}`", f"{model['kilobytes']} kB", precision, shown]
        if times is not None:
            row.append(number(next(value for key, value in times.items() if key.startswith(name)), 3))
        rows.append(row)
    header = ["model", "sha256", "size", "precision", "provider obtained"]
    header += ["ms, one core"] if times is not None else []
    lines.append(table(header, rows) if rows else "")
    return "\n".join(lines)
