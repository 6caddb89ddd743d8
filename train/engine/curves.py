"""The learning curve: what it is of, as a picture and as lines for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Curve", "draw_curve"]


_GREEN = "#0b6e4f"
LOGARITHMIC_FROM = 5.0
"""Largest over least error from which the axis is logarithmic: a fresh network would press all that it learns flat."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a run's learning curve is of."""

    title: str = "Training"
    unit: str = ""
    """Of the error on held-out images: `% of the face size`."""
    before: float | None = None
    """The error before the first step; None where it was not measured."""

    @property
    def error_label(self) -> str:
        """The error with its unit."""
        return f"error, {self.unit}" if self.unit else "error"

    def standing(self, error: float, best: float) -> str:
        """The error of now beside that before the first step and the least of all, for a line of progress."""
        unit = f" {self.unit}" if self.unit else ""
        start = "" if self.before is None else f"{self.before:.3g} before, "
        return f"error {error:.3g}{unit} ({start}best {best:.3g})"


def draw_curve(history: Sequence[dict[str, float]], path: Path, curve: Curve | None = None) -> None:
    """Draws the error on held-out images and the training loss below it, over minutes, into a PNG.

    The error begins before the first step where `curve` knows it.
    """
    from matplotlib.figure import Figure

    curve = curve or Curve()
    minutes = [row["minutes"] for row in history]
    figure = Figure(figsize=(8, 6), dpi=110, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _draw_errors(above, minutes, [row["error"] for row in history], curve.before)
    above.set_ylabel(curve.error_label)
    above.set_title(f"{curve.title}: error on held-out images, training loss", loc="left")
    below.plot(minutes, [row["loss"] for row in history], color="#8a8f98", marker=".")
    below.set(xlabel="minutes of training", ylabel="loss, mean of an epoch")
    below.set_xlim(left=0)
    for axes in (above, below):
        axes.grid(color="#e3e6ea")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _draw_errors(axes: Any, minutes: list[float], errors: list[float], before: float | None) -> None:
    """The errors, with that before the first step and the least one named."""
    from matplotlib.ticker import FuncFormatter

    least = min(range(len(errors)), key=errors.__getitem__)
    named = [("best", minutes[least], errors[least], -14)]
    if before is not None:
        named.append(("before training", 0.0, before, 6))
        minutes, errors = [0.0, *minutes], [before, *errors]
        axes.plot(0, before, color=_GREEN, marker="o", markerfacecolor="white", clip_on=False, zorder=3)
    axes.plot(minutes, errors, color=_GREEN, marker=".")
    for name, place, error, up in named:
        late = place > 0.8 * minutes[-1]
        axes.annotate(f"{name}: {error:.3g}", (place, error), textcoords="offset points",
                      xytext=(-6 if late else 6, up), ha="right" if late else "left")  # fmt: skip
    if 0 < min(errors) < max(errors) / LOGARITHMIC_FROM:
        axes.set_yscale("log")
        plain = FuncFormatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_major_formatter(plain)
        axes.yaxis.set_minor_formatter(plain)
    axes.margins(y=0.15)
