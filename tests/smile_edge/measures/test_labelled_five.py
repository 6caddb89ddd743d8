"""Five points where people mark them."""

import math

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.measures.labelled_five import labelled_five
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import FIVE_FLIP, TOPOLOGY_49, TOPOLOGY_70

_, PORTRAIT = load_portrait()


def whole(inner):
    """All 70 points; those that are no inner ones lie anywhere."""
    return np.nan_to_num(TOPOLOGY_49.embed(np.asarray(inner, np.float32)[None])[0], nan=7.0)


def size_of(points):
    five = TOPOLOGY_70.five_points(points)
    return float(np.linalg.norm(five[1] - five[0]))


def test_people_mark_the_tip_of_the_nose_lower_and_no_point_far_away():
    points = whole(PORTRAIT)
    found, plain = labelled_five(points), TOPOLOGY_70.five_points(points)
    assert found[2, 1] > plain[2, 1] + 0.01 * size_of(points)
    assert np.linalg.norm(found - plain, axis=1).max() < 0.15 * size_of(points)


@pytest.mark.parametrize("degrees", [30, 90, 180, -100])
def test_the_five_points_go_with_the_face(degrees):
    points = whole(PORTRAIT)
    angle = math.radians(degrees)
    turn = 1.5 * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float32)
    moved = points @ turn.T + np.float32([40, -20])
    np.testing.assert_allclose(labelled_five(moved), labelled_five(points) @ turn.T + [40, -20], atol=0.02)


def test_a_face_of_a_mirrored_frame_has_the_mirrored_points():
    points = whole(PORTRAIT)
    mirrored = points * np.float32([-1, 1]) + np.float32([512, 0])  # the subject's sides stay
    wanted = labelled_five(points) * [-1, 1] + [512, 0]
    np.testing.assert_allclose(labelled_five(mirrored, mirrored=True), wanted, atol=0.02)


def test_the_readout_takes_both_sides_alike():
    points = whole(PORTRAIT)
    other = TOPOLOGY_70.mirrored(points, 513)
    wanted = labelled_five(points)[list(FIVE_FLIP)] * [-1, 1] + [512, 0]
    np.testing.assert_allclose(labelled_five(other), wanted, atol=0.02)


def test_a_model_of_fewer_points_gives_the_means():
    points = TOPOLOGY_49.embed(face_points()[None])[0]
    np.testing.assert_array_equal(labelled_five(points), TOPOLOGY_49.five_points(face_points()))


@pytest.mark.parametrize("points", [np.zeros((70, 2)), np.full((70, 2), np.nan)])
def test_points_without_extent_or_number_give_the_means(points):
    np.testing.assert_array_equal(
        labelled_five(points.astype(np.float32)), TOPOLOGY_70.five_points(points.astype(np.float32))
    )
