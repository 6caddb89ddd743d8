"""Angles of one rotation in two orders."""

import math

import numpy as np
import pytest

from benchmarks.accuracy.measures.angle_orders import MATRICES, ORDERS, angle_difference, roll_yaw_pitch
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.values import Pose

POSES = [(0, 0, 0), (30, 0, 0), (0, -20, 0), (0, 0, 170), (50, 35, -60), (-70, 40, 20), (-15, -25, -140)]


def about(axis, degrees):
    """The rotation `(3, 3)` about one axis, counterclockwise when it points at the viewer."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    one, two = [index for index in range(3) if index != "xyz".index(axis)]
    rotation = np.eye(3)
    rotation[[one, two], [one, two]] = cos
    rotation[one, two], rotation[two, one] = (sin, -sin) if axis == "y" else (-sin, sin)
    return rotation


def recorded(rotation):
    """The angles that a record gives for a rotation."""
    yaw = math.asin(rotation[0, 2])
    pitch, roll = math.atan2(rotation[1, 2], rotation[2, 2]), math.atan2(rotation[0, 1], rotation[0, 0])
    return Pose(*map(math.degrees, (yaw, pitch, roll)))


@pytest.mark.parametrize("angles", POSES)
def test_a_record_s_angles_become_those_of_the_other_order(angles):
    yaw, pitch, roll = angles
    ours = recorded(about("z", -roll) @ about("y", yaw) @ about("x", -pitch))
    assert roll_yaw_pitch(ours) == pytest.approx(angles, abs=1e-3)


@pytest.mark.parametrize("angles", POSES)
def test_a_record_s_own_order_is_pitch_yaw_roll(angles):
    yaw, pitch, roll = angles
    expected = about("x", -pitch) @ about("y", yaw) @ about("z", -roll)
    np.testing.assert_allclose(rotation_of(Pose(*angles)), expected, atol=1e-6)


@pytest.mark.parametrize("turn", [-120, 15, 90])
def test_a_turn_of_the_image_adds_to_roll_alone_where_roll_comes_first(turn):
    upright = Pose(40, 25, 10)
    turned = recorded(about("z", -turn) @ rotation_of(upright))
    before, after = roll_yaw_pitch(upright), roll_yaw_pitch(turned)
    assert after[:2] == pytest.approx(before[:2], abs=1e-3)
    assert angle_difference(after.roll - before.roll, turn) == pytest.approx(0, abs=1e-3)
    assert abs(angle_difference(turned.roll - upright.roll, turn)) > 3


def test_without_pitch_both_orders_have_one_yaw_and_one_roll_of_a_head_that_is_not_turned():
    assert roll_yaw_pitch(Pose(0, 0, -35)) == pytest.approx((0, 0, -35), abs=1e-4)
    assert roll_yaw_pitch(Pose(25, 0, 0)) == pytest.approx((25, 0, 0), abs=1e-4)


def test_differences_go_the_short_way_round():
    assert angle_difference(np.array([179, -179, 10]), np.array([-179, 179, 4])).tolist() == [-2, 2, 6]


def test_each_order_is_spelled_out():
    assert MATRICES.keys() == ORDERS.keys()
