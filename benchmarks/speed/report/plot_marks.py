"""What the speed plots share: figures by name, and labels beside marks."""

from typing import Any

from matplotlib.axes import Axes

from benchmarks.reporting.plot_style import INK

__all__ = ["values_of", "write_beside"]


def values_of(results: dict[str, Any]) -> dict[str, float]:
    """The figures by name; what was not measured is left out."""
    return {row["name"]: row["value"] for row in results["rows"] if "value" in row}


def write_beside(axes: Axes, text: str, x: float, y: float, **style: Any) -> None:
    """A label to the right of a mark."""
    axes.annotate(text, (x, y), (8, 0), textcoords="offset points", va="center", **{"size": 9, "color": INK, **style})
