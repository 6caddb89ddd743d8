"""The chart of the points."""

import cv2
import pytest


def test_the_picture_of_the_points_is_drawn(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the train extra")
    from train.finetuning.point_chart import draw_points

    draw_points(tmp_path / "points.png")
    assert cv2.imread(str(tmp_path / "points.png")).shape == (800, 800, 3)
