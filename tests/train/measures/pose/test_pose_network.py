"""Rotations as targets of a network, and what a network learns of them."""

import numpy as np
import pytest

from train.data.own_frame import FLIP, mirrored
from train.measures.pose.pose_network import mirror_targets, rotation_targets, train_pose_network, upright_rotations
from train.measures.pose.rotations import about_z, angle_between, mirror_rotation


@pytest.fixture(scope="module")
def trained(make_faces):
    made = make_faces(400)
    targets = rotation_targets(made.points, made.rotation)
    return train_pose_network(made.points, targets, np.ones(400), units=8, epochs=40, decay=1e-5, huber=0.5)


def test_targets_are_those_of_the_upright_image(make_faces):
    made = make_faces(5)
    turned = np.radians(70)
    rolled = made.points @ np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
    targets = rotation_targets(made.points, made.rotation)
    again = rotation_targets(rolled, about_z(np.array([-turned])) @ made.rotation)
    np.testing.assert_allclose(again, targets, atol=1e-9)


def test_targets_lead_back_to_the_rotation(make_faces):
    made = make_faces(5)
    upright = upright_rotations(rotation_targets(made.points, made.rotation))
    np.testing.assert_allclose(upright @ upright.transpose(0, 2, 1), np.tile(np.eye(3), (5, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(rotation_targets(made.points, made.rotation)[:, :3], upright[:, :, 2], atol=1e-9)


def test_the_targets_of_a_mirror_image_are_those_of_the_mirrored_pose(make_faces):
    made = make_faces(5)
    expected = rotation_targets(mirrored(made.points), mirror_rotation(made.rotation))
    np.testing.assert_allclose(mirror_targets(rotation_targets(made.points, made.rotation)), expected, atol=1e-9)


def test_a_network_learns_the_pose_of_faces(trained, make_faces):
    made = make_faces(100, 1)
    assert np.median(angle_between(trained.rotations(made.points), made.rotation)) < 3


def test_both_halves_of_its_inputs_are_standardised_alike(trained):
    np.testing.assert_allclose(trained.spread.reshape(49, 2)[FLIP], trained.spread.reshape(49, 2))
    np.testing.assert_allclose(trained.mean.reshape(49, 2)[FLIP] * [-1, 1], trained.mean.reshape(49, 2))


def test_its_symmetric_rotations_do_not_depend_on_the_side(trained, make_faces):
    points = make_faces(10, 1).points
    other = trained.symmetric_rotations(mirrored(points))
    np.testing.assert_allclose(other, mirror_rotation(trained.symmetric_rotations(points)), atol=1e-9)
