"""Sigma of 70 points, group by group. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_each_group_s_errors_then_agree_with_its_sigma(monkeypatch):
    import train.landmarks.dense_calibration as module
    from train.networks import build_dense_landmarker
    from train.networks.landmarker import SIGMA_LAYER

    rng = np.random.default_rng(0)
    labels = np.zeros((400, 68, 3))
    errors = rng.laplace(0, 1, (400, 70, 2))
    errors[:, :17] *= 3  # the jaw errs more
    monkeypatch.setattr(module, "predict", lambda network, images: {"points": errors, "sigma": np.ones((400, 70))})
    network = build_dense_landmarker()
    before = np.array(network.get_layer(SIGMA_LAYER).bias)

    factors = module.calibrate_groups(network, np.zeros((400, 96, 96, 3)), labels)

    change = np.exp(np.array(network.get_layer(SIGMA_LAYER).bias) - before)
    assert factors["jaw"] == pytest.approx(3, rel=0.05)
    assert factors["eyes"] == pytest.approx(1, rel=0.05)
    np.testing.assert_allclose(change[:17], factors["jaw"], rtol=1e-4)
    np.testing.assert_allclose(change[[40, 68, 69]], factors["eyes"], rtol=1e-4)
