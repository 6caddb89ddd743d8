"""Blinks: whose eye, how far, and a person's own open eye."""

import math

import numpy as np
import pytest

from smile_edge.measures.blink import FAR_EYE_DEGREES, USUAL, BlinkBaseline, blink, openness
from smile_edge.measures.head_pose import HeadPose
from smile_edge.measures.measure import measure_faces
from smile_edge.measures.values import Pose
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49

_, PORTRAIT = load_portrait()


def with_shut(*groups):
    points = PORTRAIT.copy()
    for group in groups:
        indices = list(TOPOLOGY_49.groups[group])
        corners = points[[indices[0], indices[3]]]
        points[indices, 1] = np.interp(points[indices, 0], *corners[np.argsort(corners[:, 0])].T)
    return points


def blinks_of(points):
    points = np.asarray(points, np.float32)[None]
    return measure_faces(points, TOPOLOGY_49.five_points(points))[0].blink


def test_open_eyes_do_not_blink_and_shut_ones_do():
    assert max(blinks_of(PORTRAIT)) < 0.2
    assert min(blinks_of(with_shut("right_eye", "left_eye"))) > 0.8


@pytest.mark.parametrize(("group", "shut"), [("right_eye", 0), ("left_eye", 1)])
def test_one_shut_eye_is_the_subjects_own(group, shut):
    found = blinks_of(with_shut(group))
    assert found[shut] > 0.6
    assert found[1 - shut] < 0.3


def test_blinks_stay_within_0_and_1():
    assert blink((10.0, -1.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("degrees", "known"), [(0, (True, True)), (60, (True, False)), (-60, (False, True)), (80, (False, False))]
)
def test_an_eye_that_is_turned_away_is_not_known(degrees, known):
    yaw = math.radians(degrees)
    head = HeadPose(Pose(), (math.cos(yaw), 0.0, math.sin(yaw)), (0.0, 1.0, 0.0), 50.0, 0.0, 0.0)
    found = openness([0, 0.2, 0, 0.2, 0.6, 0] * 2, head)
    assert tuple(map(math.isfinite, found)) == known
    assert tuple(map(math.isfinite, blink(found))) == known
    assert degrees == 0 or abs(degrees) > FAR_EYE_DEGREES


def follow(values, step_s=1 / 30):
    baseline = BlinkBaseline()
    for value in values:
        found = baseline.update((value, value), step_s)
    return found


def test_the_baseline_goes_to_a_persons_own_open_eyes_whatever_the_frame_rate():
    narrow = 0.8 * USUAL
    assert follow([narrow] * 300)[0] == pytest.approx(narrow, rel=0.06)
    assert follow([narrow] * 100, 1 / 10)[0] == pytest.approx(narrow, rel=0.06)


def test_short_blinks_hardly_move_the_baseline():
    blinking = ([USUAL] * 85 + [0.1] * 5) * 10  # a blink every three seconds
    assert follow(blinking)[0] == pytest.approx(USUAL, rel=0.03)


def test_eyes_that_stay_shut_are_asleep_and_not_the_new_open():
    assert follow([USUAL] * 90 + [0.05] * 900)[0] > 0.85 * USUAL


def test_an_eye_that_is_not_seen_says_nothing():
    baseline = BlinkBaseline()
    assert baseline.update((math.nan, math.nan), 0.1) == (USUAL, USUAL)
