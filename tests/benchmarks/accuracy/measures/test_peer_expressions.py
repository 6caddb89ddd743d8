"""Irises and coefficients beside another system's."""

import numpy as np
import pytest
from fake_world import face_points

from benchmarks.accuracy.measures.peer_expressions import agreement
from benchmarks.accuracy.peers import Peer, PeerFaces
from smile_edge.measures.values import FaceMeasures
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49

NAMES = [f"{index}.png" for index in range(4)]
WIDTH_PX = 16.0
"""Of an eye of `face_points` of size 40."""


def face(jaw_open, blink=(0.0, 0.0), expression=True):
    points = TOPOLOGY_49.embed(face_points()[None])[0]
    points[68], points[69] = points[36:42].mean(0), points[42:48].mean(0)
    said = {"jawOpen": jaw_open, "cheekPuff": 0.0} if expression else None
    measures = FaceMeasures(blink=blink, expression=said)
    return Face(points, np.ones(70, np.float32), 0.9, np.zeros(4, np.float32), given=measures)


def peer(ours, jaw_open, aside_px=0.0, expression=True):
    found = {}
    for name, one, value in zip(NAMES, ours, jaw_open, strict=True):
        irises = (one.points[68:] + np.array([aside_px, 0]))[None]
        said = {"jawOpen": value, "cheekPuff": 0.0} if expression else None
        found[name] = PeerFaces(one.box[None], np.ones(1), one.five_points()[None], irises, (said,))
    return Peer("other", found)


def test_irises_are_compared_in_eye_widths_where_eyes_are_open():
    ours = [face(0.1), face(0.2, blink=(0.9, 0.0)), face(0.3, blink=(np.nan, 0.1)), face(0.4)]
    irises = agreement(ours, NAMES, peer(ours, [0.1] * 4, aside_px=0.04 * WIDTH_PX))["irises"]
    assert irises == {"eyes": 6, "median": pytest.approx(4, abs=0.05), "mean": pytest.approx(4, abs=0.05)}


@pytest.mark.parametrize(("theirs", "r"), [([0.1, 0.3, 0.5, 0.7], 1.0), ([0.7, 0.5, 0.3, 0.1], -1.0)])
def test_coefficients_that_move_are_correlated(theirs, r):
    ours = [face(value) for value in (0.2, 0.4, 0.6, 0.8)]
    expression = agreement(ours, NAMES, peer(ours, theirs))["expression"]
    assert expression == {"faces": 4, "r": pytest.approx(r), "each": {"jawOpen": pytest.approx(r)}}


def test_what_one_of_both_does_not_give_is_not_compared():
    ours = [face(value, expression=False) for value in (0.2, 0.4, 0.6, 0.8)]
    assert agreement(ours, NAMES, peer(ours, [0.1, 0.3, 0.5, 0.7]))["expression"] is None
    assert agreement([None] * 4, NAMES, peer(ours, [0.1] * 4)) is None
