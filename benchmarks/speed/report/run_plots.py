"""Plots of whole runs: folders of photographs, cold start, a second core, memory."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.reporting.plot_style import GRID, INK, OURS_COLOUR, OURS_LIGHT, PEER_COLOURS, QUIET, new_figure, tidy
from benchmarks.speed.report.plot_marks import values_of, write_beside
from benchmarks.speed.suites.batch import BARE_WORK, BATCH_WORK, FAST_WORK, VARIANTS
from benchmarks.speed.suites.batch import case_name as batch_name
from benchmarks.speed.suites.pictures import CAREFUL, FAST, picture_name
from benchmarks.speed.suites.scene import faces_text
from benchmarks.speed.suites.startup import MARKS

__all__ = ["batch", "memory", "scaling", "startup"]

Results = dict[str, Any]

_SHADES = (GRID, "#b9dccd", OURS_LIGHT, OURS_COLOUR)


def batch(results: Results) -> Figure:
    """Ours inside the bar of the bare loop: what is missing is what looking for faces costs."""
    values = values_of(results)
    bare = {variant: values[name] for variant in VARIANTS if (name := batch_name(BARE_WORK, *variant)) in values}
    subtitle = (
        "720p JPEGs with four faces: reading them and no more (grey), `image batch --fast` (light), `image batch`"
    )
    single = [
        row for row in results["rows"] if "fast" in row.get("settings", {}) or row.get("settings", {}).get("mode")
    ]
    single = [row for row in single if "value" in row]
    heights = [1.1 * len(bare) + 1.0, 0.4 * len(single) + 0.8][: 1 + bool(single)]
    figure = new_figure(results, "A folder of photographs", subtitle, (9, sum(heights) + 0.8))
    axes, *beside = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for below in beside:
        _single_pictures(below, single)
    for place, (variant, limit) in enumerate(bare.items()):
        axes.barh(place, limit, 0.8, color=GRID)
        write_beside(axes, f"{limit:.0f}", limit, place)
        for shift, work, colour in ((-0.18, FAST_WORK, OURS_LIGHT), (0.18, BATCH_WORK, OURS_COLOUR)):
            rate = values.get(batch_name(work, *variant))
            if rate is not None:
                axes.barh(place + shift, rate, 0.32, color=colour)
                write_beside(axes, f"{rate:.0f}: {rate / limit:.0%}", rate, place + shift, weight="bold")
    axes.set_yticks(range(len(bare)), [batch_name("", *variant).strip(", ") for variant in bare])
    axes.set(ylim=(len(bare) - 0.4, -0.6), xlim=(0, 1.15 * max(bare.values())))
    tidy(axes, "images a second", "")
    axes.grid(visible=False, axis="y")
    return figure


def _single_pictures(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    """Milliseconds of each system for a picture of 640x480, those with one face first."""
    tint = {picture_name(CAREFUL, 0): OURS_COLOUR, picture_name(FAST, 0): OURS_LIGHT}
    for place, row in enumerate(rows):
        plain = row["name"].replace(faces_text(row["settings"]["faces"]), faces_text(0))
        axes.barh(place, row["value"], 0.7, color=tint.get(plain, PEER_COLOURS[0]))
        write_beside(axes, f"{row['value']:.2f} ms, {row.get('faces_found', 0):g} found", row["value"], place)
    axes.set_yticks(range(len(rows)), [row["name"].replace(" 640x480 picture,", "") for row in rows], size=9)
    longest = max((row["value"] for row in rows), default=1.0)
    axes.set(xlim=(0, 1.35 * longest), ylim=(len(rows) - 0.4, -0.6))
    tidy(axes, "milliseconds for a picture of 640x480", "")
    axes.grid(visible=False, axis="y")


def startup(results: Results) -> Figure:
    """Processor seconds as bars, the way to the first landmarks in its parts; wall time as a dot."""
    rows = [row for row in results["rows"] if "value" in row]
    height = 0.55 * len(rows) + 2.0
    figure = new_figure(results, "Cold start", "processor seconds of a new process; dot: wall time", (9, height))
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        parts = row.get("cpu_s_at") or {"": row["value"]}
        shades = _SHADES if len(parts) > 1 else (OURS_LIGHT,)
        start = 0.0
        for shade, (part, end) in zip(shades, parts.items(), strict=True):
            axes.barh(place, end - start, 0.55, left=start, color=shade, label=part or None)
            start = end
        axes.plot(row["wall_s"], place, "o", color=INK, ms=5)
        write_beside(axes, f"{row['value']:.2f} s", max(row["value"], row["wall_s"]), place, weight="bold")
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    longest = max(max(row["value"], row["wall_s"]) for row in rows)
    axes.set(xlim=(0, 1.2 * longest), ylim=(len(rows) - 0.4, -1.1))
    axes.legend(frameon=False, ncols=len(MARKS), loc="upper left", fontsize=8.5)
    tidy(axes, "seconds", "")
    axes.grid(visible=False, axis="y")
    return figure


def scaling(results: Results) -> Figure:
    """How far each way of using a second core gets from once to twice as fast."""
    rows = [row for row in results["rows"] if row.get("unit") == "x" and "value" in row]
    figure = new_figure(results, "A second core", "times as fast as with one", (9, 0.42 * len(rows) + 1.9))
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        axes.plot([1, row["value"]], [place, place], color=OURS_LIGHT, lw=6, solid_capstyle="round", zorder=2)
        axes.plot(row["value"], place, "o", color=OURS_COLOUR, ms=9, zorder=3)
        write_beside(axes, f"{row['value']:.2f}", max(row["value"], 1.0), place, weight="bold")
    for line in (1, 2):
        axes.axvline(line, color=QUIET, lw=0.9, ls=(0, (4, 3)), zorder=0)
    axes.set_yticks(range(len(rows)), [row["name"].removesuffix(" over one") for row in rows], size=9)
    values = [row["value"] for row in rows]
    axes.set(xlim=(min(0.8, min(values) - 0.1), max(2.2, max(values) + 0.2)), ylim=(len(rows) - 0.4, -0.6))
    tidy(axes, "1: no gain, 2: all of it", "")
    axes.grid(visible=False, axis="y")
    return figure


def memory(results: Results) -> Figure:
    """Resident memory from the end of the warm-up on."""
    row = next(row for row in results["rows"] if "value" in row)
    subtitle = (
        f"resident memory over {row['frames']:,} frames; {row['value']:+.1f} MB after the first {row['warm_up']:,}"
    )
    figure = new_figure(results, "Memory of a long stream", subtitle, (9, 3.6))
    axes = figure.add_subplot()
    axes.fill_between(row["at"], row["resident_mb"], color=OURS_COLOUR, alpha=0.12)
    axes.plot(row["at"], row["resident_mb"], color=OURS_COLOUR, lw=2.2)
    axes.set(ylim=(0, 1.25 * max(row["resident_mb"])), xlim=(row["at"][0], row["at"][-1]))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    tidy(axes, "frames", "MB")
    return figure
