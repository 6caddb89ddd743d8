"""The detector: a whole image to three maps of cells, each with a face's score, box, points and angle."""

import keras
from keras import layers

from smile_edge.detection.decoding import CHANNELS
from train.networks.blocks import Upsample2x, conv_bn_relu, residual

__all__ = ["STRIDES", "build_detector"]

STRIDES = (8, 16, 32)

_PRIOR_LOGIT = -4.0
"""A fresh network says "no face" nearly everywhere, so that the many empty cells do not drown the first steps."""


def build_detector(size: int | tuple[int, int] | None = None) -> keras.Model:
    """The network: plain 3x3 convolutions to stride 32, then top-down to strides 16 and 8 (FPN, Lin et al., 2017).

    Channels are multiples of 16 wherever they are many: onnxruntime computes in blocks of 16 on CPUs with AVX-512, so
    that 40 channels take as long as 48.

    Args:
        size: side, or height and width, of the input in px, multiples of 32; None for any.

    Returns:
        A model from images `(n, h, w, 3)` BGR 0..255 to `level8`, `level16`, `level32`: `(n, h/s, w/s, 27)`, as
        `smile_edge.detection.decoding.decode_cells` reads them.
    """
    height, width = size if isinstance(size, tuple) else (size, size)
    image = keras.Input((height, width, 3), name="image")
    x = layers.Rescaling(1 / 255)(image)
    x = conv_bn_relu(x, 8, 2)
    x = conv_bn_relu(x, 32, 2)
    x = conv_bn_relu(x, 48, 2)
    c8 = x = conv_bn_relu(x, 48)
    x = conv_bn_relu(x, 64, 2)
    c16 = x = residual(x)
    x = conv_bn_relu(x, 96, 2)
    x = residual(x)
    c32 = residual(x)

    p16 = layers.Add()([Upsample2x()(layers.Conv2D(48, 1)(c32)), layers.Conv2D(48, 1)(c16)])
    p16 = conv_bn_relu(layers.ReLU()(p16), 48)
    p8 = layers.Add()([Upsample2x()(layers.Conv2D(32, 1)(p16)), layers.Conv2D(32, 1)(c8)])
    p8 = layers.ReLU()(p8)
    outputs = {
        "level8": _head(conv_bn_relu(p8, 48), "level8"),
        "level16": _head(conv_bn_relu(p16, 64), "level16"),
        "level32": _head(conv_bn_relu(c32, 80), "level32"),
    }
    return keras.Model(image, outputs, name="detector")


def _head(x, name: str):
    bias = [_PRIOR_LOGIT] + [0.0] * (CHANNELS - 1)
    initial = keras.initializers.RandomNormal(stddev=0.01)
    x = layers.Conv2D(CHANNELS, 1, kernel_initializer=initial, bias_initializer=_Bias(bias), name=f"{name}_cells")(x)
    return layers.Activation("linear", dtype="float32", name=name)(x)


@keras.saving.register_keras_serializable("smile_edge")
class _Bias(keras.initializers.Initializer):
    """Fixed starting values."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def __call__(self, shape, dtype=None):
        return keras.ops.convert_to_tensor(self.values, dtype=dtype)

    def get_config(self):
        return {"values": self.values}
