"""Rotations of heads: directions, order of angles, means."""

import numpy as np
import pytest

from train.data.own_frame import in_frame, inputs, mirrored, own_frame
from train.measures.pose.rotations import (
    about_x,
    about_y,
    about_z,
    angle_between,
    exponential,
    mean_rotation,
    yaw_pitch_roll,
)

YAW, PITCH, ROLL = np.radians([[30.0], [20.0], [-10.0]])


def test_angles_come_back_in_the_order_of_aflw2000():
    rotation = about_x(-PITCH) @ about_y(YAW) @ about_z(-ROLL)
    np.testing.assert_allclose(yaw_pitch_roll(rotation), [[30, 20, -10]], atol=1e-9)


def test_yaw_turns_the_nose_to_the_right_and_pitch_raises_it():
    nose = np.array([0.0, 0, 1])
    assert (about_y(YAW)[0] @ nose)[0] > 0
    assert (about_x(-PITCH)[0] @ nose)[1] > 0


def test_a_rotation_vector_turns_about_its_axis():
    np.testing.assert_allclose(exponential(np.array([[0, 0.5, 0]])), about_y(np.array([0.5])), atol=1e-12)
    assert angle_between(exponential(np.array([[0.3, -0.2, 0.1]])), np.eye(3)[None])[0] == pytest.approx(
        np.degrees(np.linalg.norm([0.3, -0.2, 0.1]))
    )


def test_the_mean_of_two_rotations_lies_midway():
    np.testing.assert_allclose(
        mean_rotation(about_x(np.array([0.2])), about_x(np.array([0.6]))), about_x(0.4), atol=1e-9
    )


@pytest.mark.parametrize("degrees", [0, 75, 180])
def test_a_faces_own_frame_does_not_depend_on_turn_size_and_place(make_faces, degrees):
    points, angle = make_faces(3).points, np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(inputs(points @ turn * 2.5 + [7, -3]), inputs(points), atol=1e-9)


def test_the_mirror_image_has_the_mirrored_frame(make_faces):
    points = make_faces(3).points
    first, second = own_frame(points), own_frame(mirrored(points))
    np.testing.assert_allclose(second.angle, -first.angle)
    np.testing.assert_allclose(in_frame(second, mirrored(points)), mirrored(in_frame(first, points)), atol=1e-9)
