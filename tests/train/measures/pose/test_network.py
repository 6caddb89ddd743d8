"""A small network learns."""

import numpy as np

from train.measures.pose.network import apply_network, train_network


def test_it_learns_a_linear_map():
    rng = np.random.default_rng(0)
    inputs, matrix = rng.normal(size=(400, 5)), rng.normal(size=(5, 2))
    targets = inputs @ matrix + [1, -2]
    network = train_network(inputs, targets, np.ones(400), units=4, epochs=200, decay=0, huber=10)
    fresh = rng.normal(size=(50, 5))
    np.testing.assert_allclose(apply_network(network, fresh), fresh @ matrix + [1, -2], atol=0.05)


def test_it_learns_what_a_linear_map_cannot():
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-2, 2, (500, 1))
    targets = np.tanh(2 * inputs)
    network = train_network(inputs, targets, np.ones(500), units=8, epochs=60, decay=0, huber=10, rate=1e-2)
    error = np.abs(apply_network(network, inputs) - targets).mean()
    linear = np.abs(inputs @ np.linalg.lstsq(inputs, targets, rcond=None)[0] - targets).mean()
    assert error < 0.3 * linear


def test_wrong_targets_pull_no_harder_than_the_limit():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(400, 2))
    targets = inputs[:, :1].copy()
    targets[:20] += 10
    kept, pulled = (
        apply_network(train_network(inputs, targets, np.ones(400), units=2, epochs=200, decay=0, huber=huber), inputs)
        for huber in (0.1, 1000.0)
    )
    assert np.abs(kept - inputs[:, :1])[20:].mean() < 0.5 * np.abs(pulled - inputs[:, :1])[20:].mean()


def test_rows_without_weight_teach_nothing():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 1))
    targets = np.where(np.arange(200)[:, None] < 100, inputs, -inputs)
    weights = (np.arange(200) < 100).astype(float)
    network = train_network(inputs, targets, weights, units=1, epochs=5, decay=0, huber=10)
    np.testing.assert_allclose(apply_network(network, np.array([[1.0]])), [[1.0]], atol=0.1)
