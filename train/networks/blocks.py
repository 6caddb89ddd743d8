"""Building blocks that export to a lean graph: 3x3 convolutions with plain ReLU, Resize upsampling, static reshapes."""

import keras
import numpy as np
from keras import layers, ops

__all__ = ["FlatMaps", "SpatialExpectation", "SubcellExpectation", "Upsample2x", "conv_bn_relu", "residual"]


def conv_bn_relu(x, channels: int, stride: int = 1, kernel: int = 3, name: str | None = None):
    """Convolution without bias, batch norm, ReLU; the batch norm folds away at export."""
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name and f"{name}_conv")(x)
    x = layers.BatchNormalization(momentum=0.97, epsilon=1e-4, name=name and f"{name}_bn")(x)
    return layers.ReLU(name=name and f"{name}_relu")(x)


def residual(x):
    """Convolution and batch norm added to their input, then ReLU; as many channels out as in."""
    y = layers.Conv2D(x.shape[-1], 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization(momentum=0.97, epsilon=1e-4)(y)
    return layers.ReLU()(layers.Add()([x, y]))


@keras.saving.register_keras_serializable("smile_edge")
class Upsample2x(layers.Layer):
    """Nearest upsampling of `(n, h, w, c)` to `(n, 2h, 2w, c)`; one Resize node in ONNX."""

    def call(self, x):
        height, width = ops.shape(x)[1:3]
        return ops.image.resize(x, (2 * height, 2 * width), interpolation="nearest")

    def compute_output_shape(self, input_shape):
        n, h, w, c = input_shape
        return n, h and 2 * h, w and 2 * w, c


@keras.saving.register_keras_serializable("smile_edge")
class FlatMaps(layers.Layer):
    """Maps `(n, h, w, c)` to `(n, c * h * w)`, one map after the other: the order that ONNX holds them in."""

    def call(self, x):
        _, height, width, channels = x.shape
        return ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, channels * height * width))

    def compute_output_shape(self, input_shape):
        n, height, width, channels = input_shape
        return n, height * width * channels


@keras.saving.register_keras_serializable("smile_edge")
class SpatialExpectation(layers.Layer):
    """Expected position under the softmax of each heatmap (DSNT, Nibali et al., 2018).

    `(n, g, g, k)` logits to `(n, k, 2)` px of a crop of `crop_px`. The grid of cell centres is stretched about the
    crop's centre, so that points at the border stay reachable although an expectation is pulled to the middle.
    """

    def __init__(self, crop_px: int, stretch: float = 1.15, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.crop_px, self.stretch = crop_px, stretch

    def build(self, input_shape):
        grid, self.count = input_shape[1], input_shape[3]
        step, middle = self.crop_px / grid, (self.crop_px - 1) / 2
        axis = (np.arange(grid) * step + (step - 1) / 2 - middle) * self.stretch + middle
        self.positions = (
            np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype("float32")
        )  # (g * g, 2) px, x first

    def call(self, x):
        x = ops.transpose(x, (0, 3, 1, 2))
        x = ops.reshape(x, (-1, self.count, len(self.positions)))  # (n, k, g * g)
        return ops.matmul(ops.softmax(x, -1), self.positions)  # (n, k, 2) px

    def compute_output_shape(self, input_shape):
        return input_shape[0], input_shape[3], 2

    def get_config(self):
        return {**super().get_config(), "crop_px": self.crop_px, "stretch": self.stretch}


@keras.saving.register_keras_serializable("smile_edge")
class SubcellExpectation(SpatialExpectation):
    """Expectation over heatmaps of twice the resolution, each held in four maps: `(n, g, g, 4 k)` to `(n, k, 2)` px.

    The four maps of a point are the four quarters of each cell (upper left, upper right, lower left, lower right), and
    one softmax goes over all of them (pixel shuffle, Shi et al., 2016, without the shuffle: an expectation does not ask
    for the order). So a 1x1 convolution at the coarse resolution gives fine heatmaps, and ONNX needs only a reshape.
    """

    def build(self, input_shape):
        grid, self.count = input_shape[1], input_shape[3] // 4
        step, middle = self.crop_px / (2 * grid), (self.crop_px - 1) / 2
        axis = (np.arange(2 * grid) * step + (step - 1) / 2 - middle) * self.stretch + middle
        x, y = np.meshgrid(axis, axis)
        quarters = [np.stack([x[i::2, j::2], y[i::2, j::2]], -1).reshape(-1, 2) for i in (0, 1) for j in (0, 1)]
        self.positions = np.concatenate(quarters).astype("float32")  # (4 * g * g, 2) px

    def compute_output_shape(self, input_shape):
        return input_shape[0], input_shape[3] // 4, 2
