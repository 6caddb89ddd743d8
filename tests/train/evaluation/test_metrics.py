"""Scores: what counts as found, what is taken off, what a false alarm costs."""

import numpy as np
import pytest

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.topology import TOPOLOGY_49
from train.evaluation.metrics import (
    average_precision,
    convention_offset,
    five_point_error,
    score_detections,
    score_five_points,
)
from train.synthesis.cartoon_faces import TEMPLATE

FIVE = TOPOLOGY_49.five_points(TEMPLATE)


def faces(count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    moves = [similarity_about(np.zeros(2), rng.uniform(50, 200, 2), 40, rng.uniform(-3, 3)) for _ in range(count)]
    return np.stack([apply_affine(move, FIVE) for move in moves])


def test_the_error_does_not_depend_on_the_size_of_the_face():
    moved = FIVE + np.array([0.1, 0])
    assert five_point_error(moved, FIVE) == pytest.approx(five_point_error(7 * moved, 7 * FIVE), rel=1e-5)


def test_an_offset_in_the_faces_own_frame_is_taken_off_nmec_but_not_nme():
    truth = faces(9)
    shifted = np.stack([apply_affine(_to_frame(t), FIVE + np.array([0.0, 0.1])) for t in truth])
    score, _ = score_five_points(list(shifted), truth)
    assert score.nme == pytest.approx(10, abs=0.1)
    assert score.nmec == pytest.approx(0, abs=0.01)


def test_the_offset_lies_on_each_face_as_it_is_turned_and_outliers_do_not_move_it():
    truth = faces(9)
    shifted = np.stack([apply_affine(_to_frame(t), FIVE + np.array([0.0, 0.1])) for t in truth])
    off = shifted.copy()
    off[0] += 300
    np.testing.assert_allclose(convention_offset(off, truth), shifted - truth, atol=0.01)


def _to_frame(truth):
    from smile_edge.geometry.face_roi import face_roi

    centre, _, angle = face_roi(truth)
    origin = face_roi(FIVE)[0]
    return similarity_about(origin, centre, 40, float(angle) - float(face_roi(FIVE)[2]))


def test_a_missed_face_and_one_far_off_lower_recall_and_fail():
    truth = faces(4)
    score, errors = score_five_points([truth[0], truth[1], None, truth[3] + 80], truth)
    assert score.recall == 50
    assert score.fail10 == 50
    assert np.isnan(errors[2:]).all()


def test_perfect_detections_have_an_average_precision_of_one():
    boxes = np.array([[10, 10, 50, 50], [100, 100, 60, 60]], np.float32)
    score, _, hits = score_detections([(boxes, np.array([0.9, 0.8]))], [(boxes, np.zeros(2, bool))], 40)
    assert score.average_precision == 1
    assert hits.all()


def test_a_second_box_on_one_face_is_a_false_alarm():
    box = np.array([[10, 10, 50, 50]], np.float32)
    _, _, hits = score_detections([(np.repeat(box, 2, 0), np.array([0.9, 0.8]))], [(box, np.zeros(1, bool))], 40)
    assert hits.tolist() == [True, False]


def test_small_and_ignored_faces_neither_count_nor_punish():
    boxes = np.array([[10, 10, 30, 30], [100, 100, 60, 60]], np.float32)
    truth = [(boxes, np.array([False, True]))]
    score, ranked, _ = score_detections([(boxes, np.array([0.9, 0.8]))], truth, 40)
    assert score.faces == 0
    assert len(ranked) == 0


def test_a_small_alarm_counts_unless_it_is_left_out_as_coco_does():
    face, small, large = [100, 100, 60, 60], [10, 10, 30, 30], [300, 10, 50, 50]
    found = [(np.array([small, large, face], np.float32), np.array([0.9, 0.8, 0.7]))]
    truth = [(np.array([face], np.float32), np.zeros(1, bool))]
    assert score_detections(found, truth, 40)[2].tolist() == [False, False, True]
    assert score_detections(found, truth, 40, small_alarms=False)[2].tolist() == [False, True]


def test_average_precision_of_a_known_curve():
    assert average_precision(np.array([True, False, True]), 2) == pytest.approx((1 + 2 / 3) / 2)
