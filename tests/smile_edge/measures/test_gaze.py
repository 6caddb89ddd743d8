"""Where an eye looks, from its iris."""

import math

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.measures.gaze import SHUT, gaze
from smile_edge.measures.measure import measure_faces
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70


def whole_face(iris=(0.0, 0.0), degrees=0.0):
    """The made-up face `(70, 2)` with both irises that far from the middles of the eyes, in face sizes."""
    inner = face_points(degrees=degrees)
    points = TOPOLOGY_49.embed(inner[None])[0]
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    for index, eye in ((68, "right_eye"), (69, "left_eye")):
        points[index] = points[list(TOPOLOGY_70.groups[eye])].mean(0) + 40 * turn @ iris
    return points


def look(points):
    points = points[None]
    return measure_faces(points, TOPOLOGY_70.five_points(points))[0]


def test_an_iris_to_the_right_of_the_image_looks_there_with_both_eyes():
    ahead, aside = look(whole_face()).gaze, look(whole_face((0.06, 0))).gaze
    for before, after in zip(ahead, aside, strict=True):
        assert after[0] > before[0] + 0.3
        assert after[1] == pytest.approx(before[1], abs=0.02)


def test_an_iris_further_up_looks_up():
    ahead, up = look(whole_face()).gaze, look(whole_face((0, -0.04))).gaze
    for before, after in zip(ahead, up, strict=True):
        assert after[1] > before[1] + 0.2


@pytest.mark.parametrize("degrees", [90, 180, -120])
def test_directions_are_those_of_the_image_however_the_face_is_turned(degrees):
    upright, turned = look(whole_face((0.05, 0.01))).gaze, look(whole_face((0.05, 0.01), degrees)).gaze
    angle = math.radians(degrees)
    for (x, y), found in zip(upright, turned, strict=True):
        wanted = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        assert found == pytest.approx(wanted, abs=0.02)


def test_a_mirrored_face_looks_the_other_way():
    points = whole_face((0.05, 0.01))
    mirrored = TOPOLOGY_70.mirrored(points, 200)
    (right, left), (mirror_right, mirror_left) = look(points).gaze, look(mirrored).gaze
    assert mirror_right == pytest.approx((-left[0], left[1]), abs=0.01)
    assert mirror_left == pytest.approx((-right[0], right[1]), abs=0.01)


def test_gaze_stays_within_one():
    assert look(whole_face((3, -3))).gaze == ((1.0, 1.0), (1.0, 1.0))


@pytest.mark.parametrize("shut", [SHUT, 1.0, math.nan])
def test_an_eye_that_is_shut_or_not_seen_looks_nowhere(shut):
    assert all(map(math.isnan, gaze((5, 5), (0, 5), (10, 5), None, shut)))  # the pose is not asked


def test_a_model_without_irises_gives_no_gaze():
    inner = face_points()[None]
    (found,) = measure_faces(inner, TOPOLOGY_49.five_points(inner))
    assert np.isnan(found.gaze).all()
