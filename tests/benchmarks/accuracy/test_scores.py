"""Scores of landmarks: which points, which face, and what a missed face does to the curve."""

import numpy as np
import pytest
from labelled_faces import labels

from benchmarks.accuracy.scores import CURVE_PERCENT, error_curve, nearest, score_given_points
from train.evaluation.metrics import score_five_points


def noisy(truth: np.ndarray, px: float = 2.0) -> list[np.ndarray]:
    return list(truth + np.random.default_rng(0).normal(0, px, truth.shape))


def test_a_system_that_gives_all_points_is_scored_as_in_training():
    truth = labels(8)
    predicted = [None, *noisy(truth)[1:]]
    score, errors, given = score_given_points(predicted, truth)
    expected, expected_errors = score_five_points(predicted, truth)
    assert score == expected
    np.testing.assert_array_equal(errors, expected_errors)
    assert given == 5


def test_points_a_system_does_not_give_change_nothing():
    truth = labels(8)
    predicted = np.stack(noisy(truth))
    predicted[:, 3:] = np.nan
    score, _, given = score_given_points(list(predicted), truth)
    raw = np.linalg.norm(predicted - truth, axis=-1)[:, :3].mean(-1) / (30 + 7 * np.arange(8)) * 100
    assert given == 3
    assert score.nme == pytest.approx(raw.mean(), rel=0.02)


def test_the_nearest_face_is_the_one_meant():
    truth = labels(1)[0]
    assert nearest(np.stack([truth + 90, truth + 1, truth - 30]), truth) == 1
    assert nearest(np.zeros((0, 5, 2)), truth) is None


def test_a_missed_face_never_enters_the_error_curve():
    curve = error_curve(np.array([1.0, 3.0, np.nan, np.nan]))
    assert curve[0] == 0
    assert curve[-1] == 50
    assert curve[int(np.searchsorted(CURVE_PERCENT, 2.0))] == 25
