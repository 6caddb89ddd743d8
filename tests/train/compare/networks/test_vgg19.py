"""VGG19 as a backbone, and its weights. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")
pytest.importorskip("h5py", reason="needs the train extra")

from compared_networks import build  # noqa: E402

from train.compare.networks import vgg19  # noqa: E402
from train.compare.networks.vgg19 import imagenet_cache, load_backbone  # noqa: E402
from train.errors import DataError, UnreachableWeightsError  # noqa: E402


def test_frozen_blocks_do_not_train_and_later_ones_do():
    network = build("vgg19:block2_pool,freeze=block1,weights=none,dense=4")
    trainable = {weight.path.split("/")[0] for weight in network.trainable_weights}
    assert "block1_conv2" not in trainable
    assert {"block2_conv1", "block2_conv2", "coordinates"} <= trainable


@pytest.mark.parametrize("name", ["v.weights.h5", "v.h5", "v.keras"])
def test_vgg19_takes_a_weights_file_of_every_kind(name, tmp_path):
    source = load_backbone("block2_pool", "none")
    (source.save_weights if name == "v.weights.h5" else source.save)(tmp_path / name)
    loaded = load_backbone("block2_pool", str(tmp_path / name))
    for mine, theirs in zip(loaded.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_weights_of_another_shape_name_file_and_layer(tmp_path):
    build("smile").save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(
        DataError, match=r"other\.weights\.h5, layer block1_conv1: .*\(3, 3, 3, 64\), found \(3, 3, 1, 8\)"
    ):
        load_backbone("block1_pool", str(tmp_path / "other.weights.h5"))


def test_weights_that_end_too_early_say_so(tmp_path):
    load_backbone("block1_pool", "none").save_weights(tmp_path / "short.weights.h5")
    with pytest.raises(DataError, match=r"layer block2_conv1: .* after 2 convolutions"):
        load_backbone("block2_pool", str(tmp_path / "short.weights.h5"))


@pytest.fixture
def keras_home(monkeypatch, tmp_path):
    """An empty cache of Keras, and a network that is not there."""

    def unreachable(*args, **kwargs):
        raise Exception("URL fetch failure on https://weights.test: None -- no route\nmore")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(keras.applications, "VGG19", unreachable)
    return tmp_path / "keras"


def test_imagenet_out_of_reach_is_one_line_with_every_cure(keras_home):
    with pytest.raises(UnreachableWeightsError, match=r"cannot be downloaded .*no route.*weights=PATH") as caught:
        load_backbone("block1_pool", "imagenet")
    assert "\n" not in str(caught.value)
    assert f"put that file into {keras_home / 'models'}" in str(caught.value)


def test_a_file_with_another_hash_in_the_cache_is_told_and_stays(keras_home):
    """Keras would download it anew, and remove it where that fails."""
    cached = imagenet_cache()
    assert cached.parent == keras_home / "models"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"half of it")
    with pytest.raises(
        UnreachableWeightsError, match=rf"{cached.name} is damaged or another file \(MD5 [0-9a-f]+, expected"
    ):
        load_backbone("block1_pool", "imagenet")
    assert cached.read_bytes() == b"half of it"


def test_the_file_in_the_cache_is_taken_where_its_hash_is_that_of_keras(monkeypatch, tmp_path):
    import hashlib

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    cached = imagenet_cache()
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"the weights")
    monkeypatch.setattr(vgg19, "IMAGENET_MD5", hashlib.md5(b"the weights").hexdigest())
    asked = []
    real = keras.applications.VGG19

    def cached_weights(**options):
        asked.append(options.pop("weights"))
        return real(weights=None, **options)

    monkeypatch.setattr(keras.applications, "VGG19", cached_weights)
    load_backbone("block1_pool", "imagenet")
    assert asked == ["imagenet"]


def test_the_name_and_the_hash_are_those_of_keras():
    import inspect

    source = inspect.getsource(inspect.getmodule(keras.applications.VGG19))
    assert vgg19.IMAGENET_FILE in source
    assert vgg19.IMAGENET_MD5 in source
