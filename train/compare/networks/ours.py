"""Our landmarker's trunk and heatmaps on a whole grey image, for any number of points."""

from dataclasses import dataclass

import keras
from keras import layers

from train.compare.networks.regression_head import IMAGE_PX, grey_image, three_channels
from train.networks.blocks import SpatialExpectation
from train.networks.landmarker import build_landmarker

__all__ = ["OursOptions", "build_ours"]


@dataclass(frozen=True, slots=True)
class OursOptions:
    """Size of the trunk."""

    width: float = 1.0
    """Multiplies the number of channels."""


def build_ours(points: int, options: OursOptions) -> keras.Model:
    """A model from grey images `(n, 96, 96, 1)` 0..255 to `(n, points, 2)` px."""
    landmarker = build_landmarker(options.width)
    trunk = keras.Model(landmarker.input, landmarker.get_layer("heatmaps").input, name="trunk")
    image = grey_image()
    heatmaps = layers.Conv2D(points, 1, name="heatmaps")(trunk(three_channels(image)))
    return keras.Model(image, SpatialExpectation(IMAGE_PX, name="points")(heatmaps), name="ours")
