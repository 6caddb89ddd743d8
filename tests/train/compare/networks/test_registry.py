"""Networks side by side behind one interface, and their options. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")
pytest.importorskip("h5py", reason="needs the train extra")

from compared_networks import GREY, SPECS, build  # noqa: E402

from smile_edge.errors import UsageError  # noqa: E402
from train.compare.networks.registry import split_spec  # noqa: E402
from train.networks.serialization import load_network, save_network  # noqa: E402


@pytest.mark.parametrize("spec", SPECS)
def test_every_network_maps_grey_images_to_points_and_survives_a_file(spec, tmp_path):
    keras.utils.set_random_seed(0)
    network = build(spec)
    points = network.predict(GREY, verbose=0)
    assert points.shape == (2, 4, 2)
    assert np.abs(points - 47.5).max() < 30  # a fresh network looks near the middle
    save_network(network, tmp_path / "n.keras")
    np.testing.assert_allclose(load_network(tmp_path / "n.keras").predict(GREY, verbose=0), points, atol=1e-4)


def test_a_first_option_needs_no_name_and_others_do():
    assert split_spec("vgg19:block2_pool,freeze=block1")[1] == {"cut": "block2_pool", "freeze": "block1"}
    with pytest.raises(UsageError, match="'block1' has no name"):
        split_spec("vgg19:block2_pool,block1")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("vgg16", "no network 'vgg16'"),
        ("smile:colour=red", "no option 'colour'"),
        ("smile:head=tanh", "head=tanh: expected one of sigmoid, relu, linear"),
        ("vgg19:dense=many", "dense=many: expected a number"),
        ("ours:width=-1", "width=-1: expected a number"),
        ("vgg19:dropout=1", "dropout below 1"),
    ],
)
def test_a_wrong_specification_is_named(spec, message):
    with pytest.raises(UsageError, match=message):
        build(spec)
