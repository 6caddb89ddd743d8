"""Draws `docs/points70.png`, the 70 points of a record, and `docs/pose.png`, the signs of yaw, pitch and roll.

Run `python docs/record_figures.py`; it needs the `train` extra (matplotlib) and the shipped models.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from smile_edge import FacePipeline
from smile_edge.geometry.affine import similarity_about
from smile_edge.imaging.draw import draw_faces
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import Face
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.synthesis.cartoon_faces import TEMPLATE

DOCS = Path(__file__).parent
COLOURS = {
    "jaw": "#555555",
    "right_brow": "#6b4fa0",
    "left_brow": "#a04f8c",
    "nose_bridge": "#2f7d4f",
    "nostrils": "#5a9e3d",
    "right_eye": "#2b6cb0",
    "left_eye": "#c0392b",
    "outer_lip": "#b9770e",
    "inner_lip": "#7f8c8d",
    "right_iris": "#2b6cb0",
    "left_iris": "#c0392b",
}
NOT_GIVEN = "#9a9a9a"
"""Colour of points that the shipped landmarker does not give."""
TILE_PX = 250
HEAD_RADII = (1.02, 1.75, 0.75)
"""Half axes of the head that the points of a plain face lie on: to its left, down, forwards; eyes to mouth is 1."""
POSES = (
    (Pose(30, 0, 0), "yaw 30: nose to the right"),
    (Pose(0, 25, 0), "pitch 25: nose up"),
    (Pose(0, 0, 30), "roll 30: clockwise"),
    (Pose(-30, 0, 0), "yaw -30: nose to the left"),
    (Pose(0, -25, 0), "pitch -25: nose down"),
    (Pose(0, 0, -30), "roll -30: counter-clockwise"),
)


def plain_face() -> np.ndarray:
    """The 70 points of a plain face `(70, 2)`, y down: eyes to mouth is 1, the origin midway between them."""
    points = TOPOLOGY_49.embed(TEMPLATE[None])[0]
    turn = np.linspace(0, np.pi, 17)
    # A superellipse: cheeks run straighter down than on an ellipse.
    across, down = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.85, np.sin(turn) ** 0.9
    points[list(TOPOLOGY_70.groups["jaw"])] = np.stack([-0.95 * across, -0.42 + 1.47 * down], 1)
    points[[60, 64]] = [[-0.24, 0.5], [0.24, 0.5]]
    points[[68, 69]] = [[-0.43, -0.5], [0.43, -0.5]]
    return points


def draw_points(path: Path) -> None:
    """Each of the 70 points with its number; filled where the shipped landmarker gives it, else an outline."""
    figure = Figure(figsize=(8, 8.6), dpi=100, layout="constrained")
    axis = figure.add_subplot()
    points = plain_face()
    for group, indices in TOPOLOGY_70.groups.items():
        place, colour = points[list(indices)], COLOURS[group]
        given = np.isin(indices, TOPOLOGY_49.indices)
        line = np.concatenate([place, place[:1]]) if group in TOPOLOGY_70.closed else place
        axis.plot(*line.T, color=colour if given.any() else NOT_GIVEN, linewidth=1, alpha=0.5)
        axis.scatter(*place[given].T, color=colour, s=22)
        axis.scatter(*place[~given].T, facecolors="white", edgecolors=NOT_GIVEN, s=24, zorder=3)
        for index, point, is_given in zip(indices, place, given, strict=True):
            label = {"color": colour if is_given else NOT_GIVEN, "fontsize": 9, "ha": "center", "va": "center"}
            away = _label_offset(group, point, place.mean(0))
            axis.annotate(str(index), point, away, textcoords="offset points", **label)
    axis.annotate("subject's right", (-1.05, -1.0), ha="left")
    axis.annotate("subject's left", (1.05, -1.0), ha="right")
    axis.set(xlim=(-1.1, 1.1), ylim=(1.2, -1.1), aspect="equal")
    axis.axis("off")
    for name, fill, edge in (("given by the shipped landmarker", "#333333", "#333333"), ("null", "white", NOT_GIVEN)):
        axis.scatter([], [], facecolors=fill, edgecolors=edge, s=24, label=name)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path)


def _label_offset(group: str, point: np.ndarray, middle: np.ndarray) -> tuple[float, float]:
    """Where a number stands beside its point, in points of print (y up): outward of a curve, else above."""
    if group == "nose_bridge":
        return 12, 0
    if group.endswith("_iris"):
        return 0, -9
    if group.endswith("_brow"):
        return 0, 10
    if group == "inner_lip":  # between the lips there is no room
        middle = np.array([0, 0.5])
    x, y = np.sign((point - middle).round(3)) * (10, -10)
    return (x, y) if group != "nostrils" else (0, -10)


def portraits() -> Iterator[np.ndarray]:
    """Tiles of the portrait turned on the screen, with the axes and the angles that the program measures."""
    pipeline, (image, points) = FacePipeline(provider="cpu"), load_portrait()
    for degrees in (-40, 0, 40):
        matrix = similarity_about(points.mean(0), np.full(2, TILE_PX / 2), 1.1, np.radians(degrees))
        turned = cv2.warpAffine(image, matrix, (TILE_PX, TILE_PX), flags=cv2.INTER_LINEAR, borderValue=(96, 96, 96))
        (face,) = pipeline.process(turned).faces
        title = "  ".join(f"{name} {round(value)}" for name, value in face.pose._asdict().items())
        yield _titled(draw_faces(turned, [face], ("axes",)), title)


def heads() -> Iterator[np.ndarray]:
    """Tiles of a plain head in known poses, with its points and its axes."""
    flat = plain_face()
    across, down, forwards = HEAD_RADII
    depth = forwards * np.sqrt(np.maximum(1 - (flat[:, 0] / across) ** 2 - (flat[:, 1] / down) ** 2, 0))
    depth[27:31] += np.linspace(0, 0.4, 4)
    depth[31:36] += 0.15
    depth[36:48] -= 0.08
    head = np.column_stack([flat * (1, -1), depth])  # to its left, up, forwards
    for pose, title in POSES:
        seen = head @ rotation_of(pose).T
        places = (np.array([0.5, 0.47]) * TILE_PX + 74 * seen[:, :2] * (1, -1)).astype(np.float32)
        face = Face(places, np.zeros(70, np.float32), 1.0, np.zeros(4, np.float32), given=FaceMeasures(pose=pose))
        yield _titled(draw_faces(np.full((TILE_PX, TILE_PX, 3), 96, np.uint8), [face], ("points", "axes")), title)


def _titled(tile: np.ndarray, title: str) -> np.ndarray:
    bar = np.full((28, TILE_PX, 3), 255, np.uint8)
    (width, _), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    cv2.putText(bar, title, ((TILE_PX - width) // 2, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    return np.pad(np.concatenate([bar, tile]), ((0, 6), (3, 3), (0, 0)), constant_values=255)


def draw_poses(path: Path) -> None:
    """The portrait at three rolls, then plain heads at both signs of each angle."""
    tiles = [*portraits(), *heads()]
    rows = [np.concatenate(tiles[start : start + 3], 1) for start in range(0, len(tiles), 3)]
    cv2.imwrite(str(path), np.concatenate(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    draw_points(DOCS / "points70.png")
    draw_poses(DOCS / "pose.png")
