"""Mouth and smile."""

import numpy as np
import pytest

from smile_edge.measures.measure import measure_faces
from smile_edge.measures.mouth import smile
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49

_, PORTRAIT = load_portrait()
INNER, OUTER = (list(TOPOLOGY_49.groups[name]) for name in ("inner_lip", "outer_lip"))


def measured(points):
    points = np.asarray(points, np.float32)[None]
    return measure_faces(points, TOPOLOGY_49.five_points(points))[0]


def test_lips_together_are_shut_and_a_jaw_that_drops_opens_them():
    shut = PORTRAIT.copy()
    shut[INNER[3:], 1] = shut[INNER[2::-1], 1]
    wide = PORTRAIT.copy()
    wide[INNER[3:], 1] += 15
    assert measured(shut).mouth_open == pytest.approx(0, abs=0.05)
    assert measured(wide).mouth_open > measured(PORTRAIT).mouth_open + 0.15


def test_lips_that_cross_count_as_shut():
    points = PORTRAIT.copy()
    points[INNER[:3], 1] += 40
    assert measured(points).mouth_open == 0


def test_corners_of_the_mouth_drawn_together_and_down_are_no_smile():
    points = PORTRAIT.copy()
    lips = OUTER + INNER
    centre = points[lips].mean(0)
    points[lips] = centre + (points[lips] - centre) * [0.6, 0.6]
    assert measured(PORTRAIT).smile > 0.9
    assert measured(points).smile < 0.3


@pytest.mark.parametrize(("logit", "probability"), [(0, 0.5), (1e9, 1), (-1e9, 0)])
def test_the_probability_of_any_logit_is_one(logit, probability):
    assert smile(logit) == pytest.approx(probability, abs=1e-9)
