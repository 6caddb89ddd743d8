"""One plot a suite, drawn from its results alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.speed.report import frame_plots, run_plots

__all__ = ["draw_plot"]

Results = dict[str, Any]

_DRAWN: dict[str, Callable[[Results], Figure]] = {
    "latency": frame_plots.latency,
    "fps": frame_plots.fps,
    "age": frame_plots.age,
    "serve": frame_plots.serve,
    "peers": frame_plots.peers,
    "batch": run_plots.batch,
    "startup": run_plots.startup,
    "scaling": run_plots.scaling,
    "memory": run_plots.memory,
}


def draw_plot(results: Results, out: Path) -> Path | None:
    """Writes `<suite>.png` into `out`; None where the results hold nothing to draw."""
    if not any("value" in row for row in results["rows"]):
        return None
    path = out / f"{results['suite']}.png"
    _DRAWN[results["suite"]](results).savefig(path)
    return path
