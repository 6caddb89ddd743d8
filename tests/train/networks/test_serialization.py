"""Files of networks: formats, the original's file, what cannot be read. Needs TensorFlow."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")
h5py = pytest.importorskip("h5py", reason="needs the train extra")

from compared_networks import GREY, SPECS, build  # noqa: E402

from train.errors import DataError  # noqa: E402
from train.networks.serialization import load_network, read_convolutions, save_network  # noqa: E402


@pytest.mark.parametrize("spec", SPECS[:2])
def test_networks_go_through_legacy_h5(spec, tmp_path):
    network = build(spec)
    save_network(network, tmp_path / "n.h5")
    again = load_network(tmp_path / "n.h5")
    np.testing.assert_allclose(again.predict(GREY, verbose=0), network.predict(GREY, verbose=0), atol=1e-4)


def test_convolutions_are_read_in_the_order_of_their_numbers(tmp_path):
    layers = [keras.layers.Conv2D(i, 1) for i in range(1, 13)]
    keras.Sequential([keras.Input((2, 2, 1)), *layers]).save_weights(tmp_path / "many.weights.h5")
    assert [len(bias) for _, _, bias in read_convolutions(tmp_path / "many.weights.h5")] == list(range(1, 13))


def _conv(name, filters, **more):
    return {"class_name": "Conv2D", "config": {
        "name": name, "trainable": True, "dtype": "float32", "filters": filters, "kernel_size": [3, 3],
        "strides": [1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1],
        **_common(), **more}}  # fmt: skip


def _common():
    return {
        "activation": "sigmoid", "use_bias": True,
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None,
        "bias_regularizer": None, "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
    }  # fmt: skip


def _plain(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def _pool(name):
    return _plain("MaxPooling2D", name, pool_size=[2, 2], padding="valid", strides=[2, 2], data_format="channels_last")


SHAPES = {
    "conv2d": [(3, 3, 1, 8), (8,)], "conv2d_1": [(3, 3, 8, 16), (16,)], "conv2d_2": [(3, 3, 16, 16), (16,)],
    "dense": [(1600, 128), (128,)], "dense_1": [(128, 8), (8,)],
}  # fmt: skip


def write_tensorflow_2_0(path, shapes=SHAPES, dropout="Dropout"):
    """The original Smile network as TensorFlow 2.0 laid an .h5 out; its weights by layer."""
    layers = [
        _conv("conv2d", 8, batch_input_shape=[None, 96, 96, 1]), _pool("max_pooling2d"),
        _conv("conv2d_1", 16), _pool("max_pooling2d_1"), _conv("conv2d_2", 16), _pool("max_pooling2d_2"),
        _plain("Flatten", "flatten", data_format="channels_last"), _plain("Dense", "dense", units=128, **_common()),
        _plain(dropout, "dropout", rate=0.2, noise_shape=None, seed=None),
        _plain("Dense", "dense_1", units=8, **_common()),
    ]  # fmt: skip
    names = [layer["config"]["name"] for layer in layers]
    rng, weights = np.random.default_rng(0), {}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.2.4-tf", b"tensorflow"
        config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}}
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["training_config"] = json.dumps({"loss": "mse", "optimizer_config": {"class_name": "Adam"}}).encode()
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = root.create_group(name)
            paths = [f"{name}/{kind}:0" for kind in ("kernel", "bias")] if name in shapes else []
            group.attrs["weight_names"] = np.array(paths, "S")
            weights[name] = [rng.normal(0, 0.1, shape).astype("float32") for shape in shapes.get(name, [])]
            for place, value in zip(paths, weights[name], strict=True):
                group.create_dataset(place, data=value)
    return weights


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _by_hand(image, weights):
    """The original network in numpy: `(96, 96, 1)` to `(8,)`."""
    x = image.astype("float64")
    for name in ("conv2d", "conv2d_1", "conv2d_2"):
        kernel, bias = weights[name]
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (0, 1))  # (h, w, c, 3, 3)
        x = _sigmoid(np.einsum("hwcij,ijcf->hwf", windows, kernel) + bias)
        h, w = x.shape[0] // 2 * 2, x.shape[1] // 2 * 2
        x = x[:h, :w].reshape(h // 2, 2, w // 2, 2, -1).max((1, 3))
    for name in ("dense", "dense_1"):
        x = _sigmoid(x.ravel() @ weights[name][0] + weights[name][1])
    return x


def test_the_originals_file_computes_what_it_did(tmp_path):
    weights = write_tensorflow_2_0(tmp_path / "smile.h5")
    network = load_network(tmp_path / "smile.h5")
    image = GREY[:1] / 255
    np.testing.assert_allclose(network.predict(image, verbose=0)[0], _by_hand(image[0], weights), atol=1e-5)
    save_network(network, tmp_path / "smile.keras")
    again = load_network(tmp_path / "smile.keras")
    np.testing.assert_array_equal(again.predict(image, verbose=0), network.predict(image, verbose=0))


def test_the_originals_file_with_a_wrong_weight_names_the_layer(tmp_path):
    write_tensorflow_2_0(tmp_path / "bad.h5", SHAPES | {"dense": [(1600, 64), (64,)]})
    with pytest.raises(DataError, match=r"bad\.h5, layer dense: expected weights of shape"):
        load_network(tmp_path / "bad.h5")


def test_a_layer_that_cannot_be_built_is_named(tmp_path):
    write_tensorflow_2_0(tmp_path / "odd.h5", dropout="HisOwnLayer")
    with pytest.raises(DataError, match=r"odd\.h5, layer dropout: HisOwnLayer cannot be built"):
        load_network(tmp_path / "odd.h5")


@pytest.mark.parametrize("name", ["broken.h5", "broken.keras"])
def test_a_broken_file_is_one_line(name, tmp_path):
    (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n and then nothing")
    with pytest.raises(DataError, match=name) as caught:
        load_network(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_weights_without_a_network_are_refused(tmp_path):
    build("smile").save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(DataError, match="holds weights but no network"):
        load_network(tmp_path / "only.weights.h5")


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"ends in \.keras or \.h5"):
        save_network(build("smile"), tmp_path / "n.onnx")


def test_a_layer_that_this_version_does_not_have_is_named(tmp_path):
    from train.errors import DataError
    from train.networks.serialization import load_network

    class OfAnotherVersion(keras.layers.Layer):
        def call(self, x):
            return x

    inputs = keras.Input((2,))
    keras.Model(inputs, OfAnotherVersion()(inputs)).save(tmp_path / "old.keras")
    with pytest.raises(DataError, match=r"old\.keras holds a layer .*OfAnotherVersion.*another version"):
        load_network(tmp_path / "old.keras")
