"""A comparison as a table, JSON, Markdown and a picture."""

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

__all__ = ["answers", "reasons", "table", "write_report"]

Results = dict[str, Any]

COLUMNS = ("network", "error px", "inter-ocular %", "moved px", "parameters", "MB", "ms an image", "steps")
CAPTION = (
    "Error: root of the mean square error of a coordinate on held-out images. Inter-ocular: mean distance over the "
    "distance between the eye centres. Moved: the error with the images turned by up to 20° and shifted by up to 8 px."
)


def write_report(results: Results, out: Path) -> None:
    """Writes `compare.json`, `compare.md` and `compare.png` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    finite = _finite(results)
    (out / "compare.json").write_text(json.dumps(finite, indent=1, allow_nan=False) + "\n", "utf-8")
    (out / "compare.md").write_text(markdown(finite), "utf-8")
    _draw(finite, out / "compare.png")


def table(results: Results) -> list[tuple[str, ...]]:
    """The rows, the best first, under a header; last those that were left out."""
    absent = [(_label(results, row), "left out", *[""] * (len(COLUMNS) - 2)) for row in results.get("left_out", ())]
    return [COLUMNS, *(_cells(label, row) for label, row in _ranked(results)), *absent]


def reasons(results: Results) -> list[str]:
    """Why a row was left out, a line each."""
    return [f"{_label(results, row)} is left out: {row['reason']}" for row in results.get("left_out", ())]


def answers(results: Results) -> list[str]:
    """What each setting changed: for every set of rows that differ in one setting alone, their errors, best first."""
    groups: dict[tuple[str, str], list[tuple[str, dict[str, float]]]] = defaultdict(list)
    for row in results["rows"]:
        for name, value in row["settings"].items():
            if name != "network":
                rest = ", ".join(
                    f"{key} {other}" for key, other in row["settings"].items() if key not in (name, "network")
                )
                groups[name, f"{row['settings']['network']}; {rest}"].append((str(value), row))
    lines = []
    for (name, rest), rows in groups.items():
        if len(rows) > 1:
            ranked = sorted(rows, key=lambda pair: pair[1]["rmse_px"])
            errors = "; ".join(
                f"{value} {row['rmse_px']:.2f} px (moved {row['moved_rmse_px']:.2f})" for value, row in ranked
            )
            lines.append(f"{name}: {errors}. Else the same: {rest}.")
    return lines


def markdown(results: Results) -> str:
    """The page."""
    data = results["data"]
    rows = table(results)
    grid = ["| " + " | ".join(row) + " |" for row in rows]
    grid.insert(1, "| --- |" + " ---: |" * (len(COLUMNS) - 1))
    share = f"{data['training']} images, scored on {data['held_out']} held-out ones"
    labelled = f"{len(data['labelled'])} of {len(data['points'])} points are labelled"
    lines = [
        "# Networks side by side", "",
        f"{_minutes(results)} each on {share}; {labelled}.", "",
        *grid, "", *(f"{line}.\n" for line in reasons(results)), CAPTION, "",
        "![Learning curves and errors](compare.png)", "",
    ]  # fmt: skip
    found = answers(results)
    if found:
        lines += ["## What a setting changed", "", *(f"- {line}" for line in found), ""]
    return "\n".join(lines)


def _ranked(results: Results) -> list[tuple[str, dict[str, Any]]]:
    """Rows, best first, under their labels."""
    rows = sorted(results["rows"], key=lambda row: row["rmse_px"])
    return [(_label(results, row), row) for row in rows]


def _label(results: Results, row: dict[str, Any]) -> str:
    """The label of a row; loss and augmentation are named where the rows differ in them."""
    rows = [*results["rows"], *results.get("left_out", ())]
    settings = [one["settings"] for one in rows if one["settings"]]
    varied = [key for key in ("loss", "augment") if len({own[key] for own in settings}) > 1]
    return ", ".join([row["label"], *(row["settings"][key] for key in varied if row["settings"])])


def _cells(label: str, row: dict[str, Any]) -> tuple[str, ...]:
    steps = row["history"][-1]["step"] if row["history"] else None
    return (
        label,
        f"{row['rmse_px']:.2f}",
        _number(row["interocular_percent"], ".2f"),
        f"{row['moved_rmse_px']:.2f}",
        f"{row['parameters']:,}",
        _number(row["size_mb"], ".2f"),
        _number(row["ms_per_image"], ".2f"),
        _number(steps, ",.0f"),
    )


def _minutes(results: Results) -> str:
    of = " of processor time" if results["schedule"]["clock"] == "processor" else ""
    return f"{results['schedule']['minutes']:g} minutes{of}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None or math.isnan(value) else format(value, form)


def _finite(value: Any) -> Any:
    """The same with None for what is no number, which JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _draw(results: Results, path: Path) -> None:
    """Error over time above, from before the first step on, final error below, a colour a row."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex
    from matplotlib.figure import Figure

    rows, tints = _ranked(results), colormaps["tab20"]
    below = 0.8 + 0.3 * len(rows)
    figure = Figure(figsize=(9, 4.6 + below), dpi=110, layout="constrained", facecolor="white")
    curves, bars = figure.subplots(2, 1, height_ratios=(4, below))
    for place, (_, row) in enumerate(rows):
        colour = to_hex(tints(place % tints.N)) if row["history"] else "#24292f"
        _draw_curve(curves, row, colour)
        bars.barh(place, row["rmse_px"], color=colour, height=0.7)
        bars.text(row["rmse_px"], place, f" {row['rmse_px']:.2f}", va="center", size=8.5)
    _label_curves(curves)
    bars.set_yticks(range(len(rows)), [label for label, _ in rows], size=8.5)
    bars.invert_yaxis()
    bars.margins(x=0.1)
    bars.set(xlabel="error, px of 96")
    bars.set_title("On all held-out images, in the end", loc="left", size=10)
    for axes in (curves, bars):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"Networks side by side, {_minutes(results)} each", x=0.01, ha="left")
    figure.savefig(path)


def _draw_curve(axes: Any, row: dict[str, Any], colour: str) -> None:
    """The errors of one row over its minutes; a dashed line for a row that learns nothing."""
    if not row["history"]:
        axes.axhline(row["rmse_px"], color=colour, linestyle=(0, (4, 3)), linewidth=1)
        return
    minutes, errors = [one["minutes"] for one in row["history"]], [one["error"] for one in row["history"]]
    if row.get("error_before") is not None:
        minutes, errors = [0.0, *minutes], [row["error_before"], *errors]
        axes.plot(0, errors[0], color=colour, marker="o", markerfacecolor="white", clip_on=False, zorder=3)
    axes.plot(minutes, errors, color=colour, marker=".", linewidth=1.5)


def _label_curves(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.set(xlabel="minutes of training", ylabel="error, px of 96", yscale="log")
    axes.set_xlim(left=0)
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(plain)
    axes.set_title(
        "On a sample of the held-out images, while training (circle: before the first step)", loc="left", size=10
    )
    axes.grid(color="#e3e6ea", which="both")
