"""Reliability of sigma, on errors of a known distribution."""

import numpy as np
import pytest
from labelled_faces import labels

from benchmarks.accuracy.reliability import reliability
from smile_edge.geometry.face_roi import face_roi


def test_errors_drawn_from_laplace_are_found_reliable():
    rng = np.random.default_rng(1)
    truth = labels(7).repeat(600, 0)
    sigma = rng.uniform(0.2, 1.5, (len(truth), 5))
    result = reliability(list(truth + rng.laplace(0, sigma[..., None], truth.shape)), sigma, truth)
    assert result["within_1"] == pytest.approx(result["laplace_1"], abs=1)
    assert result["within_2"] == pytest.approx(result["laplace_2"], abs=1)
    assert all(error == pytest.approx(spread, rel=0.15) for spread, error in result["groups"])


def test_an_offset_on_every_face_is_no_lack_of_reliability_once_it_is_taken_off():
    rng = np.random.default_rng(1)
    truth = labels(7).repeat(600, 0)
    sigma = rng.uniform(0.2, 1.5, (len(truth), 5))
    _, size, angle = face_roi(truth)
    down = np.stack([-np.sin(angle), np.cos(angle)], -1) * size[:, None]
    moved = truth + np.array([0.04, 0.04, 0, 0, 0])[:, None] * down[:, None]  # the eyes, by 4 % of the face size
    result = reliability(list(moved + rng.laplace(0, sigma[..., None], truth.shape)), sigma, truth)
    for multiple in (1, 2):
        assert result[f"within_{multiple}"] < result[f"laplace_{multiple}"] - 5
        assert result[f"within_{multiple}_corrected"] == pytest.approx(result[f"laplace_{multiple}"], abs=1)
    assert result["shares_corrected"][10] == pytest.approx(result["within_1_corrected"], abs=0.01)


def test_without_a_face_there_is_no_reliability():
    assert reliability([None], np.ones((1, 5)), labels(1)) == {"errors": 0}
