"""What points say about a face."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.measures import face_box, measure
from smile_edge.topology import TOPOLOGY_49


@pytest.mark.parametrize("degrees", [0, 25, -90, 170])
def test_roll_is_positive_clockwise_on_the_screen(degrees: float) -> None:
    assert measure(face_points(degrees=degrees))["roll"] == pytest.approx(degrees, abs=1e-2)


def test_places_are_the_readouts() -> None:
    measures = measure(face_points(x=100, y=200, size=40))

    assert measures["right_eye"] == pytest.approx((80, 180), abs=1e-3)
    assert measures["left_eye"] == pytest.approx((120, 180), abs=1e-3)
    assert measures["nose"] == pytest.approx((100, 204), abs=1e-3)
    assert measures["mouth"] == pytest.approx((100, 220), abs=1e-3)


@pytest.mark.parametrize("degrees", [0, 60, 180])
def test_openness_does_not_depend_on_turn_or_size(degrees: float) -> None:
    measures = measure(face_points(size=90, degrees=degrees))

    assert measures["eye_open"] == pytest.approx((0.35, 0.35), abs=1e-4)
    assert measures["mouth_open"] == pytest.approx(0.1, abs=1e-4)


def test_one_shut_eye_is_the_subjects_own() -> None:
    points = face_points()
    points[25:31, 1] = points[25:31, 1].mean()

    right, left = measure(points)["eye_open"]

    assert right > 0.3
    assert left == pytest.approx(0, abs=1e-5)


def test_lips_that_cross_count_as_shut() -> None:
    points = face_points()
    points[43:46, 1] += 6

    assert measure(points)["mouth_open"] == 0


def test_points_without_extent_give_zeros_not_nan() -> None:
    measures = measure(np.zeros((49, 2), np.float32))

    assert (measures["roll"], measures["eye_open"], measures["mouth_open"]) == (0, (0, 0), 0)


def test_box_surrounds_the_points_at_any_turn() -> None:
    for degrees in (0, 45, 90, 200):
        points = face_points(degrees=degrees)
        left, top, width, height = face_box(TOPOLOGY_49.five_points(points))

        assert (points >= [left, top]).all()
        assert (points <= [left + width, top + height]).all()


def test_boxes_keep_the_shape_of_the_batch() -> None:
    five = TOPOLOGY_49.five_points(np.stack([face_points(), face_points(degrees=90)]))

    boxes = face_box(five)

    assert boxes.shape == (2, 4)
    assert boxes[0, 3] > boxes[0, 2]  # taller than wide
    assert boxes[1, 3] < boxes[1, 2]  # and lying on its side
