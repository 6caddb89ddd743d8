"""The landmarker: a 96-px crop to 49 points, their expected error, the face's box, and whether this is a face."""

import keras
import numpy as np
from keras import layers, ops

from train.networks.blocks import FlatMaps, SpatialExpectation, Upsample2x, conv_bn_relu

__all__ = ["CROP_PX", "CROP_SCALE", "POINTS", "SIGMA_LAYER", "build_landmarker"]

CROP_PX = 96
CROP_SCALE = 2.6
"""Side of the crop in face sizes (`geometry.face_frame`)."""
POINTS = 49
SIGMA_LAYER = "sigma_raw"
"""The layer whose output is the logarithm of sigma: shifting its bias scales every sigma."""

_EXPECTED_ERROR_PX = 1.0
_FACE_SIZE_PX = CROP_PX / CROP_SCALE
_MEAN_BOX_CENTRE_PX = [47.5, 41.0]
_MEAN_BOX_SIZE_PX = [76.0, 104.0]


@keras.saving.register_keras_serializable("smile_edge")
class Sigma(layers.Layer):
    """`(n, 49)` raw values to the Laplace scale in crop px: an exponential, kept within 0.05 to 60 px."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, x):
        return _EXPECTED_ERROR_PX * ops.exp(ops.clip(x, -3.0, 4.1))


@keras.saving.register_keras_serializable("smile_edge")
class CropBox(layers.Layer):
    """`(n, 4)` raw values to left, top, width, height in crop px, around the box that an average face has there."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, input_shape):
        width, height = _MEAN_BOX_SIZE_PX
        size = np.float32(_FACE_SIZE_PX)
        # Matrices instead of slices: they stay one node each in ONNX.
        self.to_corner = np.diag([size, size, 0, 0]).astype("float32")
        self.corner = np.array([*_MEAN_BOX_CENTRE_PX, 0, 0], "float32")
        self.to_size = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]], "float32")
        self.size = np.array([-width / 2, -height / 2, width, height], "float32")

    def call(self, x):
        grown = ops.exp(ops.clip(ops.matmul(x, self.to_size), -2.5, 1.5))  # (n, 4): width, height, width, height
        return ops.matmul(x, self.to_corner) + self.corner + grown * self.size


def build_landmarker(width: float = 1.0) -> keras.Model:
    """The network.

    A plain trunk of 3x3 convolutions to 6x6, 49 heatmaps at 24x24 read by a spatial expectation, a head on the pooled
    deepest features for sigma, and one that also sees where those features lie for the face logit and the box.

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
    x = conv_bn_relu(x, c(12), 2)  # 48 x 48
    x = conv_bn_relu(x, c(16))
    x = conv_bn_relu(x, c(28), 2)  # 24 x 24
    fine = x = conv_bn_relu(x, c(40))
    x = conv_bn_relu(x, c(56), 2)  # 12 x 12
    middle = x = conv_bn_relu(x, c(64))
    x = conv_bn_relu(x, c(96), 2)  # 6 x 6
    deep = x = conv_bn_relu(x, c(112))

    x = layers.Add()([Upsample2x()(layers.Conv2D(c(64), 1)(deep)), layers.Conv2D(c(64), 1)(middle)])
    x = conv_bn_relu(layers.ReLU()(x), c(64))
    x = layers.Add()([Upsample2x()(layers.Conv2D(c(40), 1)(x)), layers.Conv2D(c(40), 1)(fine)])
    x = conv_bn_relu(layers.ReLU()(x), c(40))
    points = SpatialExpectation(CROP_PX, name="points")(layers.Conv2D(POINTS, 1, name="heatmaps")(x))

    pooled = layers.GlobalAveragePooling2D()(deep)
    hidden = layers.Dense(c(64), activation="relu")(pooled)
    sigma = Sigma(name="sigma")(layers.Dense(POINTS, name=SIGMA_LAYER)(hidden))
    layout = FlatMaps(name="flat_layout")(layers.Conv2D(c(12), 1, activation="relu", name="layout")(deep))
    seen = layers.Dense(c(64), activation="relu", name="seen")(layers.Concatenate()([pooled, layout]))
    face = layers.Dense(1, dtype="float32", name="face")(seen)
    box = CropBox(name="box")(layers.Dense(4, name="box_raw")(seen))
    return keras.Model(crops, {"points": points, "sigma": sigma, "face": face, "box": box}, name="landmarks")
