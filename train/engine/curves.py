"""The learning curve as a picture."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["draw_curve"]


def draw_curve(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draws the training loss and the validation error over minutes into a PNG."""
    from matplotlib.figure import Figure

    minutes = [row["minutes"] for row in history]
    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    loss_axis = figure.add_subplot()
    loss_axis.plot(minutes, [row["loss"] for row in history], color="#8a8f98", label="training loss")
    loss_axis.set(xlabel="minutes", ylabel="training loss")
    error_axis = loss_axis.twinx()
    error_axis.plot(minutes, [row["error"] for row in history], color="#0b6e4f", marker=".", label="validation error")
    error_axis.set_ylabel("validation error")
    best = min(history, key=lambda row: row["error"])
    error_axis.annotate(
        f"{best['error']:.3g}", (best["minutes"], best["error"]), textcoords="offset points", xytext=(0, 8)
    )
    figure.legend(loc="upper right", bbox_to_anchor=(0.9, 0.95))
    figure.savefig(path)
