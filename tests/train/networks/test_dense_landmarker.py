"""The network of 70 points, and its start from one of 49. Needs TensorFlow."""

import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.errors import DataError

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")


def test_a_sharp_quarter_of_a_cell_reads_as_its_place():
    from train.networks.blocks import SubcellExpectation

    heat = np.full((1, 12, 12, 8), -50, np.float32)
    heat[0, 6, 2, 4 + 1] = 50  # second point, upper right quarter of row 6, column 2
    points = np.asarray(SubcellExpectation(96, stretch=1.0)(heat))
    np.testing.assert_allclose(points[0, 1], [2 * 8 + 5.5, 6 * 8 + 1.5], atol=1e-4)


def test_started_from_49_points_it_says_the_same_of_them():
    from train.data.crop_cache import TIGHT_CROP
    from train.networks import build_dense_landmarker, build_landmarker
    from train.networks.dense_landmarker import start_from_49

    keras.utils.set_random_seed(0)
    trained, network = build_landmarker(), build_dense_landmarker(TIGHT_CROP)
    assert start_from_49(network, trained) == ["early_skip", "expression", "visible"]
    images = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3)).astype("float32")
    before, after = trained.predict_on_batch(images), network.predict_on_batch(images)
    own = list(TOPOLOGY_49.indices)
    np.testing.assert_allclose(after["points"][:, own], before["points"], atol=1e-3)
    np.testing.assert_allclose(after["sigma"][:, own], before["sigma"], rtol=1e-4)
    np.testing.assert_allclose(after["face"], before["face"], atol=1e-4)
    np.testing.assert_allclose(after["box"][:, 2:] / before["box"][:, 2:], 1, atol=0.05)


def test_another_network_is_no_start():
    from train.networks import build_dense_landmarker, build_detector
    from train.networks.dense_landmarker import start_from_49

    with pytest.raises(DataError, match="no landmarker of 49 points"):
        start_from_49(build_dense_landmarker(), build_detector())
