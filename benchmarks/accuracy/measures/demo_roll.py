"""Roll over the full circle: the portrait of the demo turns by a known angle, and its roll should turn with it."""

import math
from typing import Any

import numpy as np

from benchmarks.accuracy.measures.angle_orders import ORDERS, angle_difference
from benchmarks.accuracy.scores import nearest
from smile_edge import FacePipeline
from smile_edge.measures.values import Pose
from smile_edge.pipeline.models import Models
from smile_edge.sources.demo import LOOP_FRAMES, DemoSource, load_portrait, path_matrix
from smile_edge.topology import TOPOLOGY_49

__all__ = ["demo_roll", "roll_errors", "turn_degrees"]


def demo_roll(models: Models, frames: int = LOOP_FRAMES) -> dict[str, Any]:
    """Follows the demo as a stream, without and with the smoother.

    Args:
        models: detector and landmarker.
        frames: of the demo; its path turns once around in `LOOP_FRAMES`.

    Returns:
        Plain JSON types: `frames`; `upright`, our pose of the upright portrait (None where it was not found); under
        `raw` and `smooth` how many frames `missed` the face, and for each of `ORDERS` the `mean` and `max` error in
        degrees of roll less that of the upright portrait, None where there is nothing to compare.
    """
    portrait, points = load_portrait()
    found = FacePipeline(models).process(portrait).faces
    upright = found[0].pose if found else Pose()
    turns = np.array([turn_degrees(index, points) for index in range(frames)])
    result: dict[str, Any] = {
        "frames": frames,
        "upright": {name: round(value, 3) for name, value in upright._asdict().items()} if found else None,
    }
    for name, smooth in (("raw", False), ("smooth", True)):
        poses = _follow(FacePipeline(models, smooth=smooth), frames)
        result[name] = {"missed": sum(pose is None for pose in poses)}
        for order, convert in ORDERS.items():
            rolls = np.array([math.nan if pose is None else convert(pose).roll for pose in poses])
            result[name][order] = roll_errors(rolls - convert(upright).roll, turns)
    return result


def turn_degrees(index: int, points: np.ndarray) -> float:
    """How far the portrait of frame `index` is turned clockwise on the screen."""
    matrix = path_matrix(index, points)
    return math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))


def roll_errors(rolls: np.ndarray, turns: np.ndarray) -> dict[str, float] | None:
    """`mean` and `max` absolute difference `(n,)` in degrees, the short way round; None where no roll is known."""
    errors = np.abs(angle_difference(rolls, turns))
    errors = errors[np.isfinite(errors)]
    return {"mean": round(float(errors.mean()), 3), "max": round(float(errors.max()), 3)} if len(errors) else None


def _follow(pipeline: FacePipeline, frames: int) -> list[Pose | None]:
    """The pose of the portrait in each frame; None where it was not found."""
    poses: list[Pose | None] = []
    with DemoSource(frames) as source:
        for frame in source:
            faces = pipeline.process(frame).faces
            assert frame.truth is not None
            five = np.array([face.five_points() for face in faces]).reshape(-1, 5, 2)
            index = nearest(five, TOPOLOGY_49.five_points(TOPOLOGY_49.pick(frame.truth))[0])
            poses.append(None if index is None else faces[index].pose)
    return poses
