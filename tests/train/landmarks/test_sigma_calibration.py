"""Sigma after its calibration. Needs TensorFlow."""

import numpy as np
import pytest
from fine_tuning_data import write_csv

from smile_edge.topology import TOPOLOGY_49

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_sigma_is_calibrated_for_labelled_points_alone(start, tmp_path):
    from train.data.crop_cache import stored_crops
    from train.data.formats.points_csv import read_points_csv
    from train.landmarks.run import labelled_points
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.networks.serialization import load_network

    crops, targets = stored_crops(read_points_csv(write_csv(tmp_path / "data", 4)), tmp_path)
    network, before = (load_network(start / "landmarks.keras") for _ in range(2))
    taught = labelled_points(targets)
    factor = calibrate_sigma(network, crops, targets, taught)
    image = np.zeros((1, 96, 96, 3), np.float32)
    ratio = (network.predict(image, verbose=0)["sigma"] / before.predict(image, verbose=0)["sigma"])[0]
    if len(ratio) > TOPOLOGY_49.count:
        others = np.delete(ratio, TOPOLOGY_49.indices)
        np.testing.assert_allclose(others, 1, rtol=1e-3)  # nobody labelled those
        ratio = ratio[list(TOPOLOGY_49.indices)]
    assert factor != pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(ratio, np.where(taught, factor, 1), rtol=1e-3)
    eyes_nose_and_corners = [*TOPOLOGY_49.groups["right_eye"], *TOPOLOGY_49.groups["left_eye"], 13, 31, 37]
    assert np.flatnonzero(taught).tolist() == sorted(eyes_nose_and_corners)


def test_calibration_brings_the_shares_within_one_and_two_sigma_to_laplace(packs, tmp_path):
    from train.data.crop_cache import stored_crops, validation_crops
    from train.data.formats.dense import read_dense
    from train.data.samples import READOUT
    from train.evaluation.metrics import laplace_share_within
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.landmarks.validation import predict
    from train.networks import build_landmarker

    network = build_landmarker()
    held = stored_crops(read_dense(packs[1]), tmp_path)
    calibrate_sigma(network, *held)
    images, labels = validation_crops(*held)
    out = predict(network, images)
    labelled = labels[..., 2] > 0
    ratio = (np.abs(READOUT @ out["points"] - labels[..., :2]) / (out["sigma"] @ READOUT.T)[..., None])[labelled]
    asked_for = [np.quantile(ratio, laplace_share_within(k)) / k for k in (1, 2)]
    assert np.sqrt(np.prod(asked_for)) == pytest.approx(1, abs=0.02)


def test_each_face_counts_the_same_in_the_calibration(packs, tmp_path):
    from train.data.crop_cache import stored_crops
    from train.data.formats.dense import read_dense
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.networks import build_landmarker

    crops, targets = (np.array(part[:2]) for part in stored_crops(read_dense(packs[1]), tmp_path))
    targets[0, 1:, 2] = 0  # one label of one face, far off, against the 49 of another
    targets[0, 0, :2] += 5000
    network = build_landmarker()
    weights = network.get_weights()
    of_the_other = calibrate_sigma(network, crops[1:], targets[1:])
    network.set_weights(weights)
    assert calibrate_sigma(network, crops, targets) > 10 * of_the_other
