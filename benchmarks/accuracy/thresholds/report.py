"""The table and the plot of thresholds."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.accuracy.thresholds.suite import FAST, FIRST_FRAME, PICTURES, at
from benchmarks.reporting.markdown import number, table
from benchmarks.reporting.plot_style import INK, OURS_COLOUR, OURS_LIGHT, PEER_COLOURS, QUIET, new_figure, tidy

__all__ = ["threshold_plot", "threshold_table"]

Results = dict[str, Any]

_COLOURS = {PICTURES: OURS_COLOUR, FAST: OURS_LIGHT, FIRST_FRAME: PEER_COLOURS[0]}
_PANELS = (
    (1, "precision: share of what is told of that is a face"),
    (2, "recall: share of the faces that are told of"),
)


def threshold_table(results: Results) -> str:
    """Markdown: precision and recall of each shipped threshold, by the least height of a face."""
    heights = list(next(iter(results["kinds"].values()))["curves"])
    header = ["", "threshold", *(f"{what}, faces from {px} px" for px in heights for what in ("precision", "recall"))]
    rows = []
    for kind, found in results["kinds"].items():
        for threshold in found["shipped"]:
            values = [at(found["curves"][px], threshold) for px in heights]
            cells = [number(100 * value[what], 1) for value in values for what in ("precision", "recall")]
            rows.append([kind, f"{threshold:g}", *(f"{cell} %" for cell in cells)])
    return table(header, rows)


def threshold_plot(results: Results) -> Figure:
    """Precision and recall by the threshold; a dot on each curve at what ships."""
    heights = list(next(iter(results["kinds"].values()))["curves"])
    packs = " and ".join(results["packs"])
    subtitle = f"{packs}, {results['pictures']} pictures; dots: what ships; lines: faces from {heights[0]} px, " + (
        f"dashed: from {heights[-1]} px"
    )
    figure = new_figure(results, "Precision and recall of a threshold", subtitle, (9, 4.8))
    for place, (column, title) in enumerate(_PANELS, 1):
        axes = figure.add_subplot(1, 2, place)
        for kind, found in results["kinds"].items():
            for px, curve in found["curves"].items():
                _curve(axes, curve, column, found["shipped"], kind, dashed=px != heights[0])
        tidy(axes, "lowest score", "%", title)
        axes.set(xlim=(0.15, 1), ylim=(60 if column == 1 else 0, 101))
        if column == 2:
            axes.legend(frameon=False, loc="lower left", fontsize=8.5, labelcolor=INK)
    return figure


def _curve(axes: Axes, curve: list[list[float]], column: int, shipped: list[float], kind: str, *, dashed: bool) -> None:
    colour, what = _COLOURS.get(kind, QUIET), ("precision", "recall")[column - 1]
    label = None if dashed else kind.replace("`", "")
    values = [100 * row[column] for row in curve]
    axes.plot(
        [row[0] for row in curve],
        values,
        color=colour,
        lw=1.2 if dashed else 2.2,
        ls="--" if dashed else "-",
        label=label,
    )
    dots = [100 * at(curve, threshold)[what] for threshold in shipped]
    axes.plot(shipped, dots, "o", color=colour, ms=4 if dashed else 7, mec="white", zorder=4)
