"""The named points as a picture, for people who label them."""

from pathlib import Path

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.synthesis.cartoon_faces import TEMPLATE

__all__ = ["draw_points"]

_COLOURS = ("#6b4fa0", "#a04f8c", "#2f7d4f", "#5a9e3d", "#2b6cb0", "#c0392b", "#b9770e", "#7f8c8d")


def draw_points(path: Path) -> None:
    """Draws the 49 points of a plain face, each with the number in its name, each group with its names, into a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 8), dpi=100, layout="constrained")
    axis = figure.add_subplot()
    for (group, indices), colour in zip(TOPOLOGY_49.groups.items(), _COLOURS, strict=True):
        points = TEMPLATE[list(indices)]
        line = np.concatenate([points, points[:1]]) if group in TOPOLOGY_49.closed else points
        axis.plot(*line.T, color=colour, linewidth=1, alpha=0.5)
        names = [TOPOLOGY_49.names[index] for index in indices]
        axis.scatter(points[:, 0], points[:, 1], color=colour, s=22, label=f"{names[0]} .. {names[-1]}")
        for name, point in zip(names, points, strict=True):
            place = name.rpartition("_")[2]
            # Outward of a closed curve (y runs down in the picture, offsets run up), right of the nose, else above.
            outward = np.sign((point - points.mean(0)).round(3)) * (10, -10)
            away = {"nose_bridge": (11, 0)}.get(group, outward if group in TOPOLOGY_49.closed else (0, 10))
            axis.annotate(place, point, away, textcoords="offset points", color=colour, ha="center", va="center")
    axis.annotate("subject's right", (-1, -1), ha="left")
    axis.annotate("subject's left", (1, -1), ha="right")
    axis.set(xlim=(-1.05, 1.05), ylim=(0.85, -1.1), aspect="equal")
    axis.axis("off")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path)
