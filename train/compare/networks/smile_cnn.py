"""The network of the original Smile project: three small convolutions and a dense layer, all sigmoid."""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import layers

from train.compare.networks.regression_head import Head, coordinates_head, grey_image

__all__ = ["SmileOptions", "build_smile_cnn"]


@dataclass(frozen=True, slots=True)
class SmileOptions:
    """The defaults are the original's."""

    activation: Literal["sigmoid", "relu"] = "sigmoid"
    """Of the convolutions and of the dense layer."""
    head: Head = "sigmoid"
    """Activation of the coordinates."""


def build_smile_cnn(points: int, options: SmileOptions) -> keras.Model:
    """A model from grey images `(n, 96, 96, 1)` 0..255 to `(n, points, 2)` px."""
    image = grey_image()
    x = layers.Rescaling(1 / 255)(image)
    for channels in (8, 16, 16):
        x = layers.Conv2D(channels, 3, activation=options.activation)(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(128, activation=options.activation)(layers.Flatten()(x))
    return keras.Model(image, coordinates_head(x, points, options.head), name="smile")
