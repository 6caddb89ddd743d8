"""The landmarker: a 96-px crop to 49 points, their expected error, the face's box, and whether this is a face."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from train.data.crop_cache import CROP_PX, CROP_SCALE
from train.networks.blocks import FlatMaps, SpatialExpectation, Upsample2x, conv_bn_relu

__all__ = ["POINTS", "SIGMA_LAYER", "BoxAroundMean", "Sigma", "build_landmarker"]

POINTS = 49
SIGMA_LAYER = "sigma_raw"
"""The layer whose output is the logarithm of sigma: shifting its bias scales every sigma."""

_EXPECTED_ERROR_PX = 1.0
_FACE_SIZE_PX = CROP_PX / CROP_SCALE
_MEAN_BOX_PX = [9.5, -11.0, 76.0, 104.0]


@keras.saving.register_keras_serializable("smile_edge")
class Sigma(layers.Layer):
    """`(n, k)` raw values to the Laplace scale in crop px: an exponential, kept within 0.05 to 60 px."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, x):
        return _EXPECTED_ERROR_PX * ops.exp(ops.clip(x, -3.0, 4.1))


@keras.saving.register_keras_serializable("smile_edge")
class BoxAroundMean(layers.Layer):
    """Features `(n, f)` to left, top, width, height `(n, 4)` in crop px: linear, in face sizes from the box that an
    average face has there; one node in ONNX.

    Args:
        face_size_px: size of a face in the crop, px.
        mean_px: left, top, width and height of an average face's box in the crop, px.
    """

    def __init__(self, face_size_px: float = _FACE_SIZE_PX, mean_px: Sequence[float] = _MEAN_BOX_PX, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.face_size_px, self.mean_px = face_size_px, list(mean_px)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 4), initializer="zeros", name="kernel")
        self.bias = self.add_weight(shape=(4,), initializer="zeros", name="bias")

    def call(self, x):
        mean = np.array(self.mean_px, "float32")
        return ops.matmul(x, self.kernel * self.face_size_px) + (self.bias * self.face_size_px + mean)

    def get_config(self):
        return {**super().get_config(), "face_size_px": self.face_size_px, "mean_px": self.mean_px}


def build_landmarker(width: float = 1.0) -> keras.Model:
    """The network.

    A plain trunk of 3x3 convolutions to 6x6, 49 heatmaps at 12x12 read by a spatial expectation, and a head that sees
    where the deepest features lie, for sigma, face logit and box.

    Args:
        width: multiplies the number of channels of every layer but the outputs.

    Returns:
        A model from crops `(n, 96, 96, 3)` BGR 0..255 to `points (n, 49, 2)` crop px, `sigma (n, 49)` crop px,
        `face (n, 1)` logit and `box (n, 4)`: left, top, width, height in crop px.
    """

    def c(channels: int) -> int:
        return max(4, round(channels * width / 4) * 4)

    crops = keras.Input((CROP_PX, CROP_PX, 3), name="crops")
    x = layers.Rescaling(1 / 255)(crops)
    x = conv_bn_relu(x, c(16), 2)  # 48 x 48
    x = conv_bn_relu(x, c(32), 2)  # 24 x 24
    x = conv_bn_relu(x, c(32))
    x = conv_bn_relu(x, c(64), 2)  # 12 x 12
    middle = x = conv_bn_relu(x, c(64))
    x = conv_bn_relu(x, c(112), 2)  # 6 x 6
    deep = x = conv_bn_relu(x, c(112))

    x = layers.Add()([Upsample2x()(layers.Conv2D(c(64), 1)(deep)), layers.Conv2D(c(64), 1)(middle)])
    x = conv_bn_relu(layers.ReLU()(x), c(64))
    points = SpatialExpectation(CROP_PX, name="points")(layers.Conv2D(POINTS, 1, name="heatmaps")(x))

    layout = FlatMaps(name="flat_layout")(layers.Conv2D(c(16), 1, activation="relu", name="layout")(deep))
    seen = layers.Dense(c(64), activation="relu", name="seen")(layout)
    sigma = Sigma(name="sigma")(layers.Dense(POINTS, name=SIGMA_LAYER)(seen))
    face = layers.Dense(1, dtype="float32", name="face")(seen)
    box = BoxAroundMean(name="box")(seen)
    return keras.Model(crops, {"points": points, "sigma": sigma, "face": face, "box": box}, name="landmarks")
