"""How open eyes are, of any points and as the blink measure reads it."""

import numpy as np
import pytest
from fake_world import face_points

from benchmarks.accuracy.measures.eye_openness import eye_vectors, lid_ratios, readout_ratios
from smile_edge.measures import blink
from smile_edge.measures.measure import measure_face
from smile_edge.topology import TOPOLOGY_49

FACES = np.array([face_points(100, 90, 40, 0), face_points(20, 300, 11, 130), face_points(-5, 7, 90, -75)], np.float64)


def test_the_ratio_of_lids_half_an_eye_apart():
    assert lid_ratios(FACES) == pytest.approx(np.full((3, 2), 0.35), abs=1e-5)  # lids at +-0.35, corners at +-1


def test_a_shut_eye_has_a_ratio_of_zero():
    face = FACES[:1].copy()
    right = list(TOPOLOGY_49.groups["right_eye"])
    face[0, right, 1] = face[0, right[0], 1]
    assert lid_ratios(face)[0] == pytest.approx([0, 0.35], abs=1e-5)


def test_the_readout_does_not_depend_on_place_size_and_turn():
    ratios = readout_ratios(FACES)
    assert ratios == pytest.approx(np.broadcast_to(ratios[0], (3, 2)), abs=1e-3)


def test_the_vectors_are_those_that_a_record_s_blink_is_made_from(monkeypatch):
    taken = []

    def openness(vectors, head):
        taken.append(list(vectors))
        return 0.3, 0.3

    monkeypatch.setattr(blink, "openness", openness)
    for face in FACES:
        measure_face(TOPOLOGY_49.embed(face[None])[0])
    assert eye_vectors(FACES) == pytest.approx(np.array(taken), abs=1e-4)
