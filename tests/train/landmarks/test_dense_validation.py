"""Scores of 70 points. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_auc_counts_pairs_in_the_right_order_and_ties_half():
    from train.landmarks.dense_validation import auc

    assert auc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == (1 + 0.5 + 1 + 1) / 4
    assert np.isnan(auc(np.zeros(0), np.ones(3)))


def test_errors_are_over_the_distance_of_the_outer_eye_corners():
    from train.landmarks.dense_validation import dense_scores

    labels = np.zeros((1, 75, 3), np.float32)
    labels[0, 45, 0] = 50
    points = labels[:, :70, :2].copy()
    points[0, :17, 1] = 5  # the jaw alone is off, by a tenth
    scores = dense_scores({"points": points, "sigma": np.full((1, 70), 4.0)}, labels)
    assert scores["w300_jaw"] == pytest.approx(10)
    assert scores["w300_49"] == 0
    assert scores["w300_68"] == pytest.approx(10 * 17 / 68)
    assert scores["sigma_1_jaw"] == 50  # the axis across is right
    assert scores["sigma_2"] == 100
