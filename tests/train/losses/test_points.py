"""Losses of points: their values by hand, missing labels without cost. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from train.losses.points import POINT_LOSSES, huber_points_loss, mse_points_loss, wing_points_loss  # noqa: E402


def one_point(dx, dy=0.0):
    return np.array([[[dx, dy]]], "float32"), np.zeros((1, 1, 2), "float32"), np.ones((1, 1), "float32")


def test_mse_is_the_mean_square_of_both_axes():
    assert float(mse_points_loss(*one_point(3.0, 1.0))[0]) == pytest.approx((9 + 1) / 2)


@pytest.mark.parametrize(("error", "cost"), [(1.0, 0.5), (2.0, 2.0), (5.0, 2 * (5 - 1))])
def test_huber_is_a_square_then_a_line(error, cost):
    assert float(huber_points_loss(*one_point(error), delta_px=2.0)[0]) == pytest.approx(cost / 2)


@pytest.mark.parametrize(
    ("error", "cost"), [(1.0, 10 * np.log(1.5)), (-4.0, 10 * np.log(3)), (15.0, 15 - (10 - 10 * np.log(6)))]
)
def test_wing_is_a_logarithm_then_a_line(error, cost):
    assert float(wing_points_loss(*one_point(error), width_px=10.0, curvature_px=2.0)[0]) == pytest.approx(
        cost / 2, rel=1e-5
    )


def test_wing_has_no_step_where_it_changes():
    below, above = (float(wing_points_loss(*one_point(10 + d))[0]) for d in (-1e-3, 1e-3))
    assert above - below == pytest.approx(1e-3 * (1 + 10 / 12) / 2, rel=0.02)


@pytest.mark.parametrize("name", POINT_LOSSES)
def test_a_missing_label_costs_nothing_and_the_mean_is_over_the_labelled(name):
    sigma, weights = np.ones((1, 2), "float32"), np.array([[1.0, 0.0]], "float32")
    points, alone = np.array([[[2.0, 3.0], [900.0, -900.0]]], "float32"), np.array([[[2.0, 3.0]]], "float32")
    compute = POINT_LOSSES[name].compute
    cost = float(compute(points, sigma, np.zeros_like(points), weights)[0])
    single = float(compute(alone, sigma[:, :1], np.zeros_like(alone), weights[:, :1])[0])
    assert cost == pytest.approx(single)
    nothing = compute(points, sigma, np.zeros_like(points), np.zeros_like(weights))
    assert float(nothing[0]) == 0


def test_the_points_loss_is_the_laplace_likelihood():
    from train.losses.points import laplace_points_loss

    points, targets = np.array([[[3.0, 4.0]]]), np.array([[[1.0, 1.0]]])
    loss = laplace_points_loss(points, np.array([[2.0]]), targets, np.ones((1, 1)), unit_px=1.0, l1_weight=0.0)
    assert float(loss[0]) == pytest.approx(5 / 2 + 2 * np.log(2))


def test_a_missing_label_costs_nothing_wherever_it_lies():
    from train.losses.points import laplace_points_loss

    points, sigma, weights = np.zeros((1, 2, 2)), np.ones((1, 2)), np.array([[1.0, 0.0]])
    near, far = np.zeros((1, 2, 2)), np.array([[[0.0, 0.0], [1e6, 1e6]]])
    costs = [float(laplace_points_loss(points, sigma, t, weights, 1.0)[0]) for t in (near, far)]
    assert costs[0] == costs[1]


def test_cross_entropy_is_stable_for_large_logits():
    from train.losses.points import binary_cross_entropy

    cost = np.asarray(binary_cross_entropy(np.array([100.0, -100.0, 0.0]), np.array([1.0, 1.0, 1.0])))
    np.testing.assert_allclose(cost, [0, 100, np.log(2)], atol=1e-6)
