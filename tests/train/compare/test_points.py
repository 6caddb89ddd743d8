"""Scores of points by hand, and what trains a network of points. Needs TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest
from keypoint_dots import dots

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare.networks.registry import NETWORKS  # noqa: E402
from train.compare.points import PointTrainer, mean_face, score_points  # noqa: E402


def test_the_error_is_the_root_mean_square_of_labelled_coordinates():
    data = dots(2)
    predicted = data.points + np.array([[[3, 0]], [[0, 1]]], np.float32)
    predicted[:, 1:] += 1000
    scores = score_points(predicted, data)
    assert scores["error"] == pytest.approx(np.sqrt((9 + 0 + 0 + 1) / 4))
    assert np.isnan(scores["interocular_percent"])  # only one eye is labelled


def test_the_relative_error_is_over_the_distance_of_the_eyes():
    data = dots(1)
    points, weights = np.array([[[60, 40], [30, 80], [0, 0], [0, 0]]], np.float32), np.array([[1, 1, 0, 0]], np.float32)
    data = replace(data, points=points, weights=weights)
    assert score_points(points + np.array([3, 4]), data)["interocular_percent"] == pytest.approx(100 * 5 / 50)


def test_the_mean_face_leaves_missing_labels_out():
    data = dots(2)
    np.testing.assert_allclose(mean_face(data), [[42.5, 47.5], [47.5, 47.5], [47.5, 47.5], [47.5, 47.5]])


def test_a_missing_label_does_not_train_the_network(faces):
    network = NETWORKS["smile"].build(4, NETWORKS["smile"].options())
    trainer = PointTrainer(network, "mse")
    trainer.compile("sgd", run_eagerly=True)
    before = [value.copy() for value in network.get_weights()]
    labels = {"points": np.full((2, 4, 2), 1e4, "float32"), "weights": np.zeros((2, 4), "float32")}
    trainer.train_on_batch(faces.images[:2, ..., None], labels)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_likelihood_learns_a_sigma_and_the_others_do_not(faces):
    network = NETWORKS["smile"].build(4, NETWORKS["smile"].options())
    trained = {name: len(PointTrainer(network, name).trainable_weights) for name in ("laplace", "mse")}
    assert trained["laplace"] == trained["mse"] + 1
