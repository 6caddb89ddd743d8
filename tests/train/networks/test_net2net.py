"""A trained network as the start of a larger one. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from keras import layers  # noqa: E402

from train.errors import DataError  # noqa: E402
from train.networks.blocks import conv_bn_relu, residual  # noqa: E402
from train.networks.net2net import grow  # noqa: E402

IMAGES = np.random.default_rng(0).random((2, 16, 16, 3)).astype("float32")


def network(first, second, judged=False, kernel=3):
    image = keras.Input((16, 16, 3))
    x = conv_bn_relu(conv_bn_relu(image, first, 2, kernel), second)
    x = residual(x)
    if judged:  # a named block that at first adds nothing
        y = layers.Conv2D(second, 3, padding="same", name="judge_conv", use_bias=False)(x)
        x = layers.Add()([x, layers.BatchNormalization(gamma_initializer="zeros", name="judge_bn")(y)])
    return keras.Model(image, layers.Dense(5, name="out")(layers.GlobalAveragePooling2D()(x)))


def trained(*widths):
    model = network(*widths)
    model.compile("adam", "mse")
    model.fit(IMAGES, np.ones((2, 5)), epochs=2, verbose=0)
    return model


@pytest.mark.parametrize(("widths", "judged"), [((4, 8), False), ((6, 12), False), ((4, 12), True)])
def test_a_wider_or_deeper_network_first_says_what_the_trained_one_said(widths, judged):
    before, after = trained(4, 8), network(*widths, judged)
    afresh = grow(after, before)
    assert afresh == (["judge_bn", "judge_conv"] if judged else [])
    np.testing.assert_allclose(after.predict(IMAGES, verbose=0), before.predict(IMAGES, verbose=0), atol=1e-6)


def test_new_channels_can_learn():
    model = network(6, 8)
    grow(model, trained(4, 8))
    kernel = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D)).kernel
    assert np.abs(kernel.numpy()[..., 4:]).min() > 0


def test_a_narrower_layer_starts_afresh_and_the_others_do_not():
    model, before = network(4, 6), trained(4, 8)
    afresh = grow(model, before)
    assert "out" in afresh
    first = [m.layers[1].kernel.numpy() for m in (model, before)]
    np.testing.assert_array_equal(*first)


def test_another_plan_is_named():
    with pytest.raises(DataError, match="of another plan"):
        grow(network(4, 8, judged=False), network(4, 8, judged=True))
