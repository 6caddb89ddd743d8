"""The loss of expression coefficients. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_errors_count_in_deviations_and_go_on_straight():
    from train.losses.expression import expression_loss

    def loss(target, deviation):
        value = expression_loss(np.zeros((1, 1)), np.array([[target]]), np.array([deviation]), np.ones(1))
        return float(np.asarray(value)[0])

    assert loss(0.5, 0.1) == 0
    assert loss(0.6, 0.1) == pytest.approx(1)
    assert loss(0.54, 0.04) == pytest.approx(1)
    assert loss(0.9, 0.1) == pytest.approx(12)  # four deviations: 2 * (2 * 4 - 2)


def test_a_coefficient_without_weight_does_not_count():
    from train.losses.expression import expression_loss

    value = expression_loss(np.zeros((1, 2)), np.array([[0.5, 1.0]]), np.full(2, 0.1), np.array([1.0, 0.0]))
    assert float(np.asarray(value)[0]) == 0
