"""The learning curve: what it is of, as a picture and as lines for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Curve", "draw_curve"]


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
        return f"error on held-out images, {self.unit}" if self.unit else "error on held-out images"

    def standing(self, error: float, best: float) -> str:
        """The error of now beside that before the first step and the least of all, for a line of progress."""
        unit = f" {self.unit}" if self.unit else ""
        start = "" if self.before is None else f"{self.before:.3g} before, "
        return f"error {error:.3g}{unit} ({start}best {best:.3g})"


def draw_curve(history: Sequence[dict[str, float]], path: Path, curve: Curve | None = None) -> None:
    """Draws the training loss and the error on held-out images over minutes into a PNG.

    The error begins before the first step where `curve` knows it.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    curve = curve or Curve()
    minutes, errors = [row["minutes"] for row in history], [row["error"] for row in history]
    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    loss_axis = figure.add_subplot()
    loss_axis.plot(minutes, [row["loss"] for row in history], color="#8a8f98", label="training loss (left)")
    loss_axis.set(xlabel="minutes of training", ylabel="training loss, mean of the steps between two marks")
    loss_axis.set_title(curve.title, loc="left")
    error_axis = loss_axis.twinx()
    if curve.before is not None:
        error_axis.plot(0, curve.before, color="#0b6e4f", marker="o", markerfacecolor="white", clip_on=False, zorder=3)
        error_axis.annotate(
            f"before: {curve.before:.3g}", (0, curve.before), textcoords="offset points", xytext=(8, -4)
        )
        minutes, errors = [0.0, *minutes], [curve.before, *errors]
    error_axis.plot(minutes, errors, color="#0b6e4f", marker=".", label="error (right)")
    error_axis.set_ylabel(curve.error_label)
    error_axis.margins(y=0.12)
    if 0 < min(errors) < max(errors) / LOGARITHMIC_FROM:
        plain = FuncFormatter(lambda value, _: f"{value:g}")
        error_axis.set_yscale("log")
        error_axis.yaxis.set_major_formatter(plain)
        error_axis.yaxis.set_minor_formatter(plain)
    error_axis.set_xlim(left=0)
    best = min(history, key=lambda row: row["error"])
    error_axis.annotate(
        f"best: {best['error']:.3g}",
        (best["minutes"], best["error"]),
        textcoords="offset points",
        xytext=(0, -14),
        ha="right" if best["minutes"] > 0.8 * minutes[-1] else "center",
    )
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    figure.savefig(path)
