"""What the speed plots share: figures by name, and labels beside marks."""

from typing import Any

from matplotlib.axes import Axes

from benchmarks.reporting.plot_style import INK

__all__ = ["amount", "values_of", "write_beside"]


def values_of(results: dict[str, Any]) -> dict[str, float]:
    """The figures by name; what was not measured is left out."""
    return {row["name"]: row["value"] for row in results["rows"] if "value" in row}


def write_beside(axes: Axes, text: str, x: float, y: float, **style: Any) -> None:
    """A label to the right of a mark."""
    axes.annotate(text, (x, y), (8, 0), textcoords="offset points", va="center", **{"size": 9, "color": INK, **style})


def amount(value: float, unit: str) -> str:
    """A figure as people say it: `85 µs`, `2.31 ms`, `412 fps`, `x 5.2`."""
    if unit == "ms":
        return f"{1000 * value:.0f} µs" if abs(value) < 0.1 else f"{value:.{2 if abs(value) < 20 else 1}f} ms"
    if unit == "x":
        return f"x {value:.2f}"
    digits = {"fps": 0, "images/s": 0, "s": 2, "MB": 1}.get(unit, 2)
    return f"{value:.{digits}f} {unit}"
