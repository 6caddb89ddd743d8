"""The scene that suites show: so many faces, inside the picture, in a loop."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.suites.scene import SIZES, compose


def test_a_scene_shows_so_many_faces_inside_the_picture_and_comes_back_to_its_start():
    scene = compose("720p", 16, 6)
    width, height = SIZES["720p"]
    assert scene.points.shape == (6, 16, 49, 2)
    assert (scene.points >= 0).all()
    assert (scene.points < [width, height]).all()
    steps = np.abs(np.diff(scene.points, axis=0)).max()
    assert np.abs(scene.points[-1] - scene.points[0]).max() <= steps
