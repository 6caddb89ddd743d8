"""What networks for whole 96-px grey images share: their input, and a head that regresses coordinates."""

from typing import Literal

import keras
from keras import layers

__all__ = ["IMAGE_PX", "Head", "coordinates_head", "grey_image", "three_channels"]

IMAGE_PX = 96
Head = Literal["sigmoid", "relu", "linear"]


def grey_image():
    """Input `(n, 96, 96, 1)`, grey 0..255."""
    return keras.Input((IMAGE_PX, IMAGE_PX, 1), name="image")


def three_channels(image):
    """The grey channel three times: `(n, 96, 96, 3)`."""
    return layers.Concatenate(name="grey_to_colour")([image, image, image])


def coordinates_head(x, points: int, head: Head):
    """Dense layer from features `(n, f)` to `(n, points, 2)` px.

    The dense layer gives coordinates over 96, as the original did. Whatever its activation, a fresh network says about
    the middle of the image: a relu that starts below 0 would stay there.
    """
    kernel = keras.initializers.RandomNormal(stddev=0.01)
    bias = keras.initializers.Constant(0.0 if head == "sigmoid" else 0.5)
    dense = layers.Dense(2 * points, head, kernel_initializer=kernel, bias_initializer=bias, name="coordinates")
    x = dense(x)
    return layers.Rescaling(IMAGE_PX, name="points")(layers.Reshape((points, 2))(x))
