"""Small networks of the shipped shapes, with weights that hide nothing."""

import json

import keras
import numpy as np

from train.networks.blocks import Upsample2x, conv_bn_relu

__all__ = ["saved", "shaken", "small_detector"]


def small_detector(upsample=Upsample2x, size=(None, None)):
    """A detector of the shipped shape with few channels, a depthwise convolution and both upsampling steps."""
    layers = keras.layers
    image = keras.Input((*size, 3), name="image")
    x = conv_bn_relu(layers.Rescaling(1 / 255)(image), 8, 2)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = conv_bn_relu(x, 8, 2)
    eight = conv_bn_relu(x, 8, 2)
    sixteen = conv_bn_relu(eight, 8, 2)
    deep = conv_bn_relu(sixteen, 8, 2)
    middle = layers.Add()([layers.Conv2D(8, 1)(sixteen), upsample()(deep)])
    fine = layers.Add()([layers.Conv2D(8, 1)(eight), upsample()(middle)])
    levels = zip((8, 16, 32), (fine, middle, deep), strict=True)
    return keras.Model(image, {f"level{stride}": layers.Conv2D(27, 1)(x) for stride, x in levels})


def shaken(model, seed=0):
    """The model with random weights everywhere: zero biases and unit batch norms would hide what folding forgets."""
    rng = np.random.default_rng(seed)
    weights = []
    for variable in model.weights:
        noise = rng.normal(size=variable.shape).astype(np.float32)
        weights.append(1 + 0.2 * np.abs(noise) if "variance" in variable.path else variable.numpy() + 0.1 * noise)
    model.set_weights(weights)
    return model


def saved(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "best.keras")
    (folder / "config.json").write_text(json.dumps({"minutes": 1.5, "packs": ["faces"], "init": "/home/me/a.keras"}))
    return folder / "best.keras"
