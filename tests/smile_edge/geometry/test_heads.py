"""Heads around faces: they hold the box and turn with the points."""

import math

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.geometry.face_roi import average_box
from smile_edge.geometry.heads import Head, HeadMargin, between, grown, head_distance, heads_around, reaches
from smile_edge.topology import TOPOLOGY_49

NO_MARGIN = HeadMargin(0.0, 0.0, 0.0)


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180, 270])
def test_a_head_holds_the_box_of_its_face_and_is_turned_like_it(degrees: float) -> None:
    five = TOPOLOGY_49.five_points(face_points(100, 100, 40, degrees))
    (head,) = heads_around(average_box(five), five, NO_MARGIN)
    left, top, width, height = average_box(five)
    assert (head.x, head.y) == pytest.approx((left + width / 2, top + height / 2), abs=0.01)
    assert reaches(head) == pytest.approx((width / 2, height / 2), rel=0.01)
    assert math.degrees(math.remainder(head.angle - math.radians(degrees), 2 * math.pi)) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_the_margin_goes_with_the_face(degrees: float) -> None:
    five = TOPOLOGY_49.five_points(face_points(100, 100, 40, degrees))
    box = average_box(five)
    (tight,), (wide,) = heads_around(box, five, NO_MARGIN), heads_around(box, five, HeadMargin(0.5, 0.4, 0.0))
    assert wide.half_width == pytest.approx(1.5 * tight.half_width)
    assert wide.half_height == pytest.approx(1.2 * tight.half_height)
    up = np.array([math.sin(head_angle := tight.angle), -math.cos(head_angle)])
    assert [wide.x - tight.x, wide.y - tight.y] == pytest.approx(0.2 * tight.half_height * up, abs=0.01)


def test_points_that_are_poor_do_not_make_a_head_smaller_than_its_box() -> None:
    five = np.repeat(TOPOLOGY_49.five_points(face_points(100, 100, 40)).mean(0)[None], 5, 0)
    unknown = np.full((5, 2), np.nan, np.float32)
    for points in (five, unknown):
        (head,) = heads_around([[60, 40, 80, 120]], points[None], NO_MARGIN)
        across, along = reaches(head)
        assert across >= 39.9
        assert along >= 59.9


def test_boxes_that_are_none_have_no_head() -> None:
    boxes = [[0, 0, np.nan, 4], [5, 5, 0, 9], [0, 0, np.inf, 4], [1, 1, 10, 10]]
    assert len(heads_around(boxes, np.zeros((4, 5, 2)))) == 1
    assert heads_around(np.zeros((0, 4)), np.zeros((0, 5, 2))) == []


def test_a_head_between_two_turns_the_shorter_way() -> None:
    first, second = Head(0, 0, 10, 20, math.radians(170)), Head(10, 4, 20, 40, math.radians(-170))
    middle = between(first, second, 0.5)
    assert middle[:4] == (5, 2, 15, 30)
    assert math.cos(middle.angle) == pytest.approx(-1)


def test_distance_is_in_sizes_of_the_larger_head() -> None:
    small, large = Head(0, 0, 5, 5, 0), Head(20, 0, 20, 20, 0)
    assert head_distance(small, large) == pytest.approx(1.0)
    assert head_distance(small, grown(small, 3)) == 0
