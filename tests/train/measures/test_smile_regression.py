"""The logistic regression that tells smiles."""

import numpy as np
import pytest

from train.data.own_frame import FLIP, inputs
from train.measures.smile_regression import area_under_curve, held_out_logits, logistic, smile_constants


@pytest.fixture(scope="module")
def smiling(make_faces):
    """Faces, which of them smile, by noisy labels, and the logits of each by what was learnt from others."""
    made = make_faces(200)
    smiles = made.codes[:, 2] + np.random.default_rng(0).normal(0, 0.2, 200) > 0
    return (
        made.points,
        smiles,
        held_out_logits(made.points, smiles, np.array([f"{index // 3}" for index in range(200)])),
    )


def test_a_toy_set_is_separated():
    rng = np.random.default_rng(0)
    labels = rng.random(200) < 0.4
    rows = np.column_stack([rng.normal(size=200), labels * 3 + rng.normal(size=200) * 0.3])
    weights, bias = logistic(rows, labels.astype(float), 0.1)
    assert ((rows @ weights + bias > 0) == labels).all()
    assert weights[1] > 10 * abs(weights[0])


def test_a_penalty_shrinks_the_weights_and_not_the_bias():
    rng = np.random.default_rng(0)
    labels = (np.arange(100) < 80).astype(float)
    weights, bias = logistic(rng.normal(size=(100, 3)), labels, 1e6)
    np.testing.assert_allclose(weights, 0, atol=1e-3)
    assert bias == pytest.approx(np.log(4), abs=1e-3)


def test_smiles_of_people_held_out_are_told(smiling):
    _, smiles, held = smiling
    assert area_under_curve(held.logits, smiles) > 0.9
    assert held.accuracy(held.middle) > 0.8


def test_both_sides_of_the_face_weigh_the_same(smiling):
    sides = smile_constants(*smiling)["smile_weights"].astype(float).reshape(49, 2)
    np.testing.assert_allclose(sides[FLIP] * [-1, 1], sides, atol=2e-3 * np.abs(sides).max())


def test_the_runtimes_half_is_the_middle_of_the_classes(smiling):
    points, smiles, held = smiling
    found = smile_constants(points, smiles, held)
    logits = inputs(points) @ found["smile_weights"].astype(float) + found["smile_bias"]
    middle = (logits[smiles].mean() + logits[~smiles].mean()) / 2
    assert middle == pytest.approx(0, abs=0.3)
    assert found["smile_shift"] == pytest.approx(held.middle)


def test_the_area_under_the_curve_counts_pairs():
    assert area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
