"""One look for all plots: which system has which colour and name, quiet axes, and the command in the footer."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.reporting.markdown import ran_on
from benchmarks.reporting.systems import ONE_LOOK, OURS

__all__ = [
    "GRID",
    "INK",
    "OURS_COLOUR",
    "OURS_LIGHT",
    "PEER_COLOURS",
    "QUIET",
    "colours",
    "label",
    "new_figure",
    "tidy",
]

OURS_COLOUR, OURS_LIGHT = "#0b6e4f", "#6fb89f"
INK, QUIET, GRID = "#24292f", "#8a8f98", "#e3e6ea"
PEER_COLOURS = ("#3b6fb6", "#d9822b", "#8a5aa8", "#c2477f", "#a08a1f", "#5a6470")
_LABELS = {
    ONE_LOOK: f"{ONE_LOOK} (--fast)",
    "blazeface": "BlazeFace",
    "mediapipe_facemesh": "MediaPipe Face Mesh",
    "scrfd_2.5g": "SCRFD 2.5G",
    "ultralight_pfld": "Ultra-Light + PFLD",
    "yunet": "YuNet",
}


def label(system: str) -> str:
    """The name people know a system by; the file's name where it is new to us."""
    return _LABELS.get(system, system)


def colours(systems: Sequence[str]) -> dict[str, str]:
    """A colour for each system: ours stands out, a peer keeps its own from plot to plot."""
    peers = sorted(name for name in systems if name not in (OURS, ONE_LOOK))
    return {
        OURS: OURS_COLOUR,
        ONE_LOOK: OURS_LIGHT,
        **{name: PEER_COLOURS[i % len(PEER_COLOURS)] for i, name in enumerate(peers)},
    }


def new_figure(
    results: dict[str, Any], title: str, subtitle: str, size: tuple[float, float] = (9, 4.8), foot: float = 0.0
) -> Figure:
    """A figure with its title, and a footer that says what made it and where; `foot` inches are left above that."""
    layout = ConstrainedLayoutEngine(rect=(0.01, (0.3 + foot) / size[1], 0.98, 1 - (0.9 + foot) / size[1]), wspace=0.06)
    figure = Figure(figsize=size, dpi=130, layout=layout, facecolor="white")
    figure.text(0.02, 0.975, title, ha="left", va="top", size=14, weight="bold", color=INK)
    figure.text(0.02, 0.975 - 0.26 / size[1], subtitle, ha="left", va="top", size=9.5, color=QUIET)
    place = f"{results['machine']['processor']}, {ran_on(results['models'])}"
    figure.text(0.02, 0.018, results["command"], ha="left", size=6.5, color=QUIET, family="monospace")
    figure.text(0.98, 0.018, place, ha="right", size=6.5, color=QUIET)
    return figure


def tidy(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Axis names, a light grid behind the data, and no box around it."""
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    if title:
        axes.set_title(title, loc="left", size=10.5, color=INK)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelcolor=INK, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GRID)
