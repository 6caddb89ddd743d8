"""Learning without forgetting: divergences and held points. Needs TensorFlow."""

import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.data.samples import READOUT, readout_of

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")


@pytest.fixture
def batch():
    """Teacher's points and sigma, labels of the right eye's centre and of the nose only."""
    rng = np.random.default_rng(1)
    teacher = rng.uniform(20, 70, (2, 49, 2)).astype(np.float32)
    targets = np.zeros((2, 51, 3), np.float32)
    targets[:, 49] = 30, 40, 1
    targets[:, 13] = 50, 50, 1
    return teacher, targets


def test_the_divergence_of_laplace_distributions_is_zero_only_at_the_same_place_and_scale():
    from train.finetuning.lwf_trainer import laplace_divergence

    points, sigma = np.zeros((1, 3, 2), np.float32), np.ones((1, 3), np.float32)
    other = np.array([[[0, 0], [2, 0], [0, 0]]], np.float32)
    cost = np.asarray(laplace_divergence(points, sigma, other, np.array([[1, 1, 3]], np.float32)))[0]
    assert cost[0] == pytest.approx(0, abs=1e-6)
    assert cost[1] == pytest.approx(np.exp(-2) + 2 - 1, rel=1e-5)
    assert cost[2] == pytest.approx(2 * (np.log(3) + 1 / 3 - 1), rel=1e-5)


def test_the_divergence_of_probabilities_is_zero_only_where_they_agree():
    from train.finetuning.lwf_trainer import bernoulli_divergence

    cost = np.asarray(bernoulli_divergence(np.array([-9.0, 0.0, 4.0]), np.array([-9.0, 1.0, -4.0])))
    assert cost[0] == pytest.approx(0, abs=1e-6)
    assert cost[1] == pytest.approx(-0.5 * np.log(4 * 0.7310586 * (1 - 0.7310586)), rel=1e-4)
    assert cost[2] == pytest.approx(4 * np.tanh(2), rel=1e-4)


def test_points_without_a_label_are_held_to_the_teacher_and_an_eye_goes_with_its_centre(batch):
    from train.finetuning.lwf_trainer import held_points, points_of_eyes

    teacher, targets = batch
    points, free = (np.asarray(v) for v in held_points(teacher, targets, points_of_eyes(49), READOUT))
    eye = list(TOPOLOGY_49.groups["right_eye"])
    assert np.flatnonzero(free[0] == 0).tolist() == [13]
    np.testing.assert_allclose(points[:, eye].mean(1), [[30, 40]] * 2, atol=1e-4)
    np.testing.assert_allclose(np.diff(points[:, eye], axis=1), np.diff(teacher[:, eye], axis=1), atol=1e-4)
    others = [i for i in range(49) if i not in eye]
    np.testing.assert_array_equal(points[:, others], teacher[:, others])


def test_an_iris_goes_with_the_centre_of_its_eye_and_no_point_of_the_jaw_has_a_label():
    from train.finetuning.lwf_trainer import held_points, points_of_eyes

    teacher = np.random.default_rng(1).uniform(20, 70, (1, 70, 2)).astype(np.float32)
    targets = np.zeros((1, 51, 3), np.float32)
    targets[:, 50] = 60, 40, 1  # the left eye
    targets[:, :49] = 50, 50, 1
    points, free = (np.asarray(v) for v in held_points(teacher, targets, points_of_eyes(70), readout_of(70)))
    moved = targets[0, 50, :2] - teacher[0, 42:48].mean(0)
    np.testing.assert_allclose(points[0, 69] - teacher[0, 69], moved, atol=1e-4)
    np.testing.assert_array_equal(points[0, [0, 16, 68]], teacher[0, [0, 16, 68]])
    assert np.flatnonzero(free[0]).tolist() == [*range(17), 60, 64, 68, 69]


@pytest.mark.parametrize("count", [49, 70])
def test_a_fresh_copy_of_the_teacher_is_at_rest_where_nothing_is_labelled(count, tmp_path):
    from train.finetuning.lwf_trainer import LwfTrainer, freeze_statistics
    from train.networks import build_landmarker
    from train.networks.dense_landmarker import build_dense_landmarker
    from train.networks.serialization import start_from

    build = build_landmarker if count == 49 else build_dense_landmarker
    build().save(tmp_path / "landmarks.keras")
    network = build()
    teacher = start_from(network, tmp_path / "landmarks.keras")
    freeze_statistics(network)
    trainer = LwfTrainer(network, teacher, keep=1.0, teach_face=False)
    trainer.compile(optimizer=keras.optimizers.SGD(1.0))
    crops = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3)).astype(np.float32)
    labels = {
        "targets": np.zeros((4, 51, 3)),
        "taught": np.zeros((4, 49, 3)),
        "face": np.ones(4),
        "box": np.ones((4, 4)),
        "boxed": np.zeros(4),
    }
    before = network.get_weights()
    logs = trainer.train_on_batch(crops, {k: v.astype(np.float32) for k, v in labels.items()}, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(0, abs=1e-4)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3)
