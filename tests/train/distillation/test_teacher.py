"""The teacher of 70 points: mirror partners, its points, and how far opinions differ."""

from dataclasses import replace

import numpy as np
import pytest
from taught_faces import PARTNERS, made_faces

from smile_edge.topology import TOPOLOGY_49
from train.distillation.teacher import fit_teacher, mirror_partners
from train.errors import DataError

BROW = 2
"""Of the 49 points; its name among the 70 is in `TOPOLOGY_49.indices`."""


@pytest.fixture(scope="module")
def teacher():
    made = made_faces(60)
    return fit_teacher(made.faces, made.views)


def test_mirror_partners_are_found_in_the_mean_mesh():
    np.testing.assert_array_equal(mirror_partners(made_faces(60, noise=0.001).views.meshes[0]), PARTNERS)


def test_the_teacher_places_all_70_points(teacher):
    made = made_faces(20, seed=1)
    apart = np.linalg.norm(teacher(made.views).points - made.truth, axis=-1) / made.size[:, None]
    assert apart.mean() < 0.02


def test_disagreement_of_new_faces_is_about_that_of_held_out_ones(teacher):
    made = made_faces(40, seed=2)
    assert 0.7 < np.median(teacher.disagreement(teacher(made.views))) < 1.4


def test_a_point_that_our_landmarkers_place_elsewhere_differs_most(teacher):
    made = made_faces(3, seed=3)
    moved = [points.copy() for points in (made.views.shipped, made.views.second)]
    for points in moved:
        points[0, BROW] += 0.3 * made.size[0]
    views = replace(made.views, shipped=moved[0], second=moved[1])
    before, after = (teacher.disagreement(teacher(each)) for each in (made.views, views))
    point = TOPOLOGY_49.indices[BROW]
    assert after[0, point] > 2 * before[0, point]
    np.testing.assert_allclose(after[1:], before[1:])
    np.testing.assert_array_equal(after[0, :17] > 2 * before[0, :17], False)  # the jaw is MediaPipe's alone


def test_too_few_faces_are_refused():
    made = made_faces(4)
    with pytest.raises(DataError, match=r"w300: MediaPipe finds \d faces to fit to .*: pass the whole pack"):
        fit_teacher(made.faces, made.views)
