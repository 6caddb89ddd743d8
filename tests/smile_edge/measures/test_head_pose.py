"""How a head is turned: signs, ranges, distance."""

import numpy as np
import pytest

from smile_edge.measures.camera import EYE_DISTANCE_MM, Camera
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.measure import measure_faces
from smile_edge.measures.values import Pose
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49

_, PORTRAIT = load_portrait()


def pose_of(points):
    points = np.asarray(points, np.float32)[None]
    return measure_faces(points, TOPOLOGY_49.five_points(points))[0].pose


def turned(degrees):
    """The portrait turned clockwise on the screen."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (PORTRAIT - 140) @ np.array([[cos, sin], [-sin, cos]]) + 140


@pytest.mark.parametrize("degrees", [-170, -90, -30, 30, 90, 135])
def test_roll_is_positive_clockwise_over_the_full_circle(degrees):
    change = (pose_of(turned(degrees)).roll - pose_of(PORTRAIT).roll - degrees + 180) % 360 - 180
    assert change == pytest.approx(0, abs=2)


def test_an_upright_face_ahead_has_small_angles():
    assert np.abs(pose_of(PORTRAIT)).max() < 12


@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (0, -1)])
def test_yaw_is_positive_with_the_nose_to_the_right(axis, sign):
    """A head turned about the vertical axis: what is nearer moves, and the side that turns away becomes narrow."""
    depth = np.zeros(49)
    depth[10:14], depth[14:19] = np.linspace(12, 34, 4), 20
    centred = PORTRAIT - PORTRAIT.mean(0)
    depth -= 0.012 * centred[:, 0] ** 2  # the face curves away to the sides
    angle = sign * np.radians(25)
    moved = PORTRAIT.copy()
    moved[:, 0] = centred[:, 0] * np.cos(angle) + depth * np.sin(angle) + PORTRAIT[:, 0].mean()
    assert sign * (pose_of(moved).yaw - pose_of(PORTRAIT).yaw) > 10


@pytest.mark.parametrize(("pose", "column", "direction"), [
    (Pose(40, 0, 0), 2, (np.sin(np.radians(40)), 0, np.cos(np.radians(40)))),
    (Pose(0, 40, 0), 2, (0, np.sin(np.radians(40)), np.cos(np.radians(40)))),
    (Pose(0, 0, 90), 1, (1, 0, 0)),
    (Pose(0, 0, 90), 0, (0, -1, 0)),
])  # fmt: skip
def test_the_rotation_has_the_signs_that_the_record_promises(pose, column, direction):
    np.testing.assert_allclose(rotation_of(pose)[:, column], direction, atol=1e-6)


def test_a_face_twice_as_far_is_twice_as_far():
    lens = Camera().lens(640, 480)
    near, far = np.stack([PORTRAIT, PORTRAIT / 2]).astype(np.float32)[:, None]
    z = [measure_faces(points, TOPOLOGY_49.five_points(points), lens)[0].translation[2] for points in (near, far)]
    assert z[1] == pytest.approx(2 * z[0], rel=1e-3)


def test_the_middle_of_the_picture_is_ahead_and_millimetres_follow_from_the_field_of_view():
    eyes = TOPOLOGY_49.five_points(PORTRAIT)[:2].mean(0)
    points = (PORTRAIT - eyes + [319.5, 239.5]).astype(np.float32)[None]
    five = TOPOLOGY_49.five_points(points)
    x, y, z = measure_faces(points, five, Camera(hfov=60).lens(640, 480))[0].translation
    assert abs(x) < 0.05 * z
    assert abs(y) < 0.05 * z
    relative = measure_faces(points, five, Camera().lens(640, 480))[0].translation
    np.testing.assert_allclose(np.array([x, y, z]) / EYE_DISTANCE_MM, relative, rtol=1e-6)


def test_a_face_lower_in_the_picture_is_lower_and_one_to_the_right_is_to_the_right():
    lens = Camera().lens(640, 480)
    points = np.stack([PORTRAIT, PORTRAIT + np.array([200, 0]), PORTRAIT + np.array([0, 150])]).astype(np.float32)
    here, right, down = (found.translation for found in measure_faces(points, TOPOLOGY_49.five_points(points), lens))
    assert right[0] > here[0]
    assert down[1] > here[1]
