"""Landmarks by the pose of the head."""

from pathlib import Path

import cv2
import numpy as np
from fake_world import World, face_points

from benchmarks.accuracy.head_pose import pose_results
from smile_edge import FacePipeline
from smile_edge.topology import TOPOLOGY_49
from train.data.formats.mtfl import POSES
from train.data.samples import held_out


def test_held_out_faces_are_scored_by_their_head_pose(tmp_path):
    five = TOPOLOGY_49.five_points(face_points())
    names = [f"{index}.png" for index in range(120)]
    rows = [
        " ".join([name, *map(str, five[:, 0]), *map(str, five[:, 1]), "0", "0", "0", str(1 + index % 5)])
        for index, name in enumerate(names)
    ]
    (tmp_path / "training.txt").write_text("\n".join(rows))
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.zeros((240, 320, 3), np.uint8))
    result = pose_results(FacePipeline(World(lambda index: [face_points(x=101)]).models()), tmp_path)
    kept = [index for index, name in enumerate(names) if held_out(Path(name).stem)]
    assert {yaw: score["faces"] for yaw, score in result["yaw"].items()} == {
        str(yaw): count for pose, yaw in POSES.items() if (count := sum(index % 5 == pose - 1 for index in kept))
    }
    assert all(score["recall"] == 100 and score["nmec"] < 0.01 for score in result["yaw"].values())
