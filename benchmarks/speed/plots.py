"""One plot a suite, drawn from its results alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.speed import plots_frames, plots_runs

__all__ = ["draw_plot"]

Results = dict[str, Any]

_DRAWN: dict[str, Callable[[Results], Figure]] = {
    "latency": plots_frames.latency,
    "fps": plots_frames.fps,
    "age": plots_frames.age,
    "peers": plots_frames.peers,
    "batch": plots_runs.batch,
    "startup": plots_runs.startup,
    "scaling": plots_runs.scaling,
    "memory": plots_runs.memory,
}


def draw_plot(results: Results, out: Path) -> Path | None:
    """Writes `<suite>.png` into `out`; None where the results hold nothing to draw."""
    if not any("value" in row for row in results["rows"]):
        return None
    path = out / f"{results['suite']}.png"
    _DRAWN[results["suite"]](results).savefig(path)
    return path
