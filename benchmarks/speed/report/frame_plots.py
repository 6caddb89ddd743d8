"""Plots of single frames: where a frame's time goes, how many a second, how old they get, and beside other systems."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.reporting.plot_style import INK, OURS_COLOUR, OURS_LIGHT, PEER_COLOURS, QUIET, new_figure, tidy
from benchmarks.speed.report.plot_marks import amount, values_of, write_beside
from benchmarks.speed.suites.fps import FACES
from benchmarks.speed.suites.fps import case_name as fps_name
from benchmarks.speed.suites.peers import ONE_LOOK, OURS
from benchmarks.speed.suites.scene import FPS, SIZES, px_text

__all__ = ["age", "fps", "latency", "peers", "serve"]

Results = dict[str, Any]

DASHED = (0, (4, 3))
_RATES = (5, 10, 20, 30, 60, 120, 250, 500, 1000, 2000)
_TIMES_MS = {0.01: "10 µs", 0.1: "100 µs", 1: "1 ms", 10: "10 ms", 100: "100 ms"}


def latency(results: Results) -> Figure:
    """Median as a dot, p95 as a line, on a logarithmic scale: a stage of 50 µs and one of 10 ms in one picture."""
    rows = [row for row in results["rows"] if "p50_ms" in row]
    stages = list(dict.fromkeys(row["name"].partition(": ")[0] for row in rows))
    height = 0.25 * len(rows) + 0.32 * len(stages) + 1.7
    figure = new_figure(results, "Where the time goes", "one call on one core: median, and a line to p95", (9, height))
    axes = figure.add_subplot()
    places, names, place = [], [], 0.0
    for number, stage in enumerate(stages):
        colour = (OURS_COLOUR, *PEER_COLOURS)[number % (1 + len(PEER_COLOURS))]
        axes.text(
            0.005,
            place,
            stage,
            transform=axes.get_yaxis_transform(),
            va="center",
            size=9.5,
            color=colour,
            weight="bold",
        )
        place += 0.9
        for row in (row for row in rows if row["name"].startswith(f"{stage}: ")):
            axes.plot([row["p50_ms"], row["p95_ms"]], [place, place], color=colour, lw=2.2, alpha=0.4)
            axes.plot(row["p50_ms"], place, "o", color=colour, ms=7)
            write_beside(axes, amount(row["p50_ms"], "ms"), row["p95_ms"], place)
            places.append(place)
            names.append(row["name"].partition(": ")[2])
            place += 1
        place += 0.25
    axes.set_yticks(places, names, size=8.5)
    low, high = min(row["p50_ms"] for row in rows), max(row["p95_ms"] for row in rows)
    axes.set(xscale="log", ylim=(place - 0.3, -0.8), xlim=(low / 3, high * 3))
    axes.set_xticks(list(_TIMES_MS), list(_TIMES_MS.values()))
    axes.set_xlim(low / 3, high * 3)
    axes.minorticks_off()
    tidy(axes, "a call, logarithmic", "")
    return figure


def fps(results: Results) -> Figure:
    """A panel a frame size; how the rate falls with the number of faces."""
    values = values_of(results)
    sizes = [size for size in SIZES if any(name.startswith(f"{size},") for name in values)]
    figure = new_figure(results, "Frames a second on one core", "from a frame in memory to its result", (9, 4.4))
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        _fps_panel(axes, size, values)
        axes.axhline(FPS, color=QUIET, lw=0.9, ls=DASHED, zorder=0)
        tidy(axes, "faces", "frames a second, logarithmic" if axes is panels[0] else "", f"{size}  ({px_text(size)})")
    first = panels[0]
    first.set_yscale("log")
    first.yaxis.set(
        major_locator=FixedLocator(_RATES), minor_locator=NullLocator(),
        major_formatter=FuncFormatter(lambda rate, _: f"{rate:.0f}"),
    )  # fmt: skip
    first.set_ylim(min(values.values()) * 0.6, max(values.values()) * 2)
    first.legend(frameon=False, loc="upper right")
    return figure


def _fps_panel(axes: Axes, size: str, values: dict[str, float]) -> None:
    for tracking, colour in ((True, OURS_COLOUR), (False, QUIET)):
        known = {faces: values.get(fps_name(size, faces, tracking)) for faces in FACES}
        rates = {faces: rate for faces, rate in known.items() if rate is not None}
        label = "tracked" if tracking else "every frame alone"
        axes.plot(range(len(rates)), list(rates.values()), "o-", color=colour, lw=2.4, label=label)
        for place, rate in enumerate(rates.values()):
            axes.annotate(
                f"{rate:.0f}", (place, rate), (0, 9), textcoords="offset points", ha="center", size=9.5, color=colour
            )
        axes.set_xticks(range(len(rates)), [str(faces) for faces in rates])
    axes.set_xlim(-0.4, len(rates) - 0.6)


def age(results: Results) -> Figure:
    """The distribution of the ages with each output, to the 99th percentile."""
    rows = [row for row in results["rows"] if "percentiles_ms" in row]
    return _ages(results, "How old a result is", rows)


def serve(results: Results) -> Figure:
    """The same with clients of the server, and without them in the same run."""
    rows = [row for row in results["rows"] if "percentiles_ms" in row]
    without = [
        {"name": "nobody", **{key.removeprefix("without_"): row[key] for key in row if key.startswith("without_")}}
        for row in rows
    ]
    return _ages(results, "How old a result is while others watch", [*rows, *without])


def _ages(results: Results, title: str, rows: Sequence[Mapping[str, Any]]) -> Figure:
    subtitle = "1280x720 at 30 frames a second, from capture to result: share of frames no older than"
    figure = new_figure(results, title, subtitle, (9, 4.2))
    axes = figure.add_subplot()
    for row, colour in zip(rows, (OURS_COLOUR, *PEER_COLOURS), strict=False):
        text = f"{row['name']}: p50 {row['p50_ms']:.1f}, p99 {row['p99_ms']:.1f} ms"
        axes.plot(row["percentiles_ms"][:100], np.arange(100), color=colour, lw=2.4, label=text)
    axes.axvline(1000 / FPS, color=QUIET, lw=0.9, ls=DASHED, zorder=0)
    axes.annotate("the next frame", (1000 / FPS, 3), (4, 0), textcoords="offset points", size=8, color=QUIET)
    axes.set(ylim=(0, 101), xlim=(0, max(1200 / FPS, *(1.05 * row["p99_ms"] for row in rows))))
    axes.legend(frameon=False, loc="lower right")
    tidy(axes, "age, ms", "% of frames")
    return figure


def peers(results: Results) -> Figure:
    """A group of bars a task; ours first, and how many times as long the others take."""
    rows = [row for row in results["rows"] if row.get("settings", {}).get("faces") and "value" in row]
    tasks = list(dict.fromkeys(_task(row) for row in rows))
    height = 0.38 * (len(rows) + len(tasks)) + 1.8
    subtitle = "median milliseconds a frame, and how many times ours: shorter is better"
    figure = new_figure(results, "One frame of 640x480 on one core", subtitle, (9, height))
    axes = figure.add_subplot()
    ticks: list[float] = []
    place = 0.0
    for task in tasks:
        write_beside(axes, task, 0, place, weight="bold", size=10)
        places = place + 0.9 + 0.9 * np.arange(sum(_task(row) == task for row in rows))
        _peer_bars(axes, [row for row in rows if _task(row) == task], places)
        ticks += places.tolist()
        place = places[-1] + 1.2
    axes.set_yticks(ticks, [_system(row) for row in rows], size=9)
    axes.set(ylim=(place - 0.5, -0.6), xlim=(0, 1.25 * max(row["value"] for row in rows)))
    tidy(axes, "milliseconds", "")
    axes.grid(visible=False, axis="y")
    return figure


def _peer_bars(axes: Axes, rows: Sequence[dict[str, Any]], places: np.ndarray) -> None:
    own = next((row["value"] for row in rows if _system(row) == OURS), None)
    tint = {OURS: OURS_COLOUR, ONE_LOOK: OURS_LIGHT}
    for row, place in zip(rows, places, strict=True):
        axes.barh(place, row["value"], 0.72, color=tint.get(_system(row), PEER_COLOURS[0]))
        text = f"{row['value']:.2f} ms"
        if own and _system(row) not in tint:
            text += f"   x {row['value'] / own:.1f}"
        write_beside(axes, text, row["value"], place, color=INK, weight="bold" if _system(row) == OURS else "normal")


def _system(row: dict[str, Any]) -> str:
    return row["name"].rsplit(", ", 2)[0]


def _task(row: dict[str, Any]) -> str:
    return ", ".join(row["name"].rsplit(", ", 2)[1:])
