"""Transfer learning from VGG19 (Simonyan and Zisserman, 2015): its first blocks, then a head of our own."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
from keras import layers

from smile_edge.errors import UsageError
from train.compare.networks.regression_head import IMAGE_PX, Head, coordinates_head, grey_image, three_channels
from train.errors import DataError, UnreachableWeightsError
from train.networks.serialization import read_convolutions

__all__ = ["Vgg19Options", "build_vgg19", "imagenet_cache", "load_backbone"]

_MEAN_BGR = (103.939, 116.779, 123.68)
"""Of ImageNet; VGG19 was trained on BGR with this mean taken off."""


IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"
"""The file that Keras downloads, and its hash there (`keras.applications.vgg19`)."""


@dataclass(frozen=True, slots=True)
class Vgg19Options:
    """Where to cut, what to keep as it is, what to put on top."""

    cut: Literal["block1_pool", "block2_pool", "block3_pool", "block4_pool", "block5_pool"] = "block3_pool"
    freeze: Literal["none", "block1", "block2", "block3", "block4", "block5"] = "none"
    """The last block whose weights stay as they were loaded."""
    weights: str = "imagenet"
    """`imagenet` (out of Keras' cache, else downloaded), `none`, or a file of weights."""
    dense: int = 128
    """Units of the hidden layer."""
    dropout: float = 0.0
    """Share of the hidden layer that is left out in each training step."""
    head: Head = "sigmoid"

    def __post_init__(self) -> None:
        if self.dense < 1 or self.dropout >= 1:
            raise UsageError("--network vgg19: expected dense from 1 on and dropout below 1")


def build_vgg19(points: int, options: Vgg19Options) -> keras.Model:
    """A model from grey images `(n, 96, 96, 1)` 0..255 to `(n, points, 2)` px.

    Raises:
        DataError: the weights cannot be had, or are of another shape.
    """
    backbone = load_backbone(options.cut, options.weights)
    for layer in backbone.layers:
        layer.trainable = options.freeze == "none" or layer.name.split("_")[0] > options.freeze
    image = grey_image()
    x = layers.Rescaling(1.0, offset=[-mean for mean in _MEAN_BGR], name="imagenet_mean")(three_channels(image))
    # VGG19 has no normalisation: its features reach thousands, which would throw a fresh head out of the image.
    x = layers.LayerNormalization(center=False, scale=False)(layers.Flatten()(backbone(x)))
    x = layers.Dense(options.dense, activation="relu")(x)
    if options.dropout:
        x = layers.Dropout(options.dropout)(x)
    return keras.Model(image, coordinates_head(x, points, options.head), name="vgg19")


def load_backbone(cut: str, weights: str) -> keras.Model:
    """VGG19 from its input up to the pool layer `cut`; see `Vgg19Options`.

    Raises:
        UnreachableWeightsError: those of ImageNet are not in Keras' cache, or damaged there, and cannot be downloaded.
        DataError: a file of weights cannot be read, or holds others.
    """
    shape = (IMAGE_PX, IMAGE_PX, 3)
    if weights == "imagenet":
        _check_cache(imagenet_cache())
        full = _downloaded(shape)
    else:
        full = keras.applications.VGG19(include_top=False, weights=None, input_shape=shape)
    backbone = keras.Model(full.input, full.get_layer(cut).output, name="vgg19_backbone")
    if weights not in ("imagenet", "none"):
        _load_file(backbone, Path(weights))
    return backbone


def imagenet_cache() -> Path:
    """Where Keras keeps the weights of ImageNet: under `$KERAS_HOME`, or `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / IMAGENET_FILE


def _downloaded(shape: tuple[int, int, int]) -> keras.Model:
    try:
        return keras.applications.VGG19(include_top=False, weights="imagenet", input_shape=shape)
    except Exception as error:  # keras.utils.get_file raises a bare Exception where there is no network
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreachableWeightsError(
            f"the ImageNet weights of VGG19 cannot be downloaded ({reason}): put that file into "
            f"{imagenet_cache().parent}, name one with weights=PATH, or train from scratch with weights=none"
        ) from None


def _check_cache(cached: Path) -> None:
    """A file with another hash Keras downloads anew, and removes where that fails: somebody may have put it there."""
    if not cached.is_file():
        return
    with cached.open("rb") as stream:
        found = hashlib.file_digest(stream, "md5").hexdigest()
    if found != IMAGENET_MD5:
        raise UnreachableWeightsError(
            f"{cached} is damaged or another file (MD5 {found}, expected {IMAGENET_MD5}): remove it and let it be "
            f"downloaded again, or name it as it is with weights={cached}"
        )


def _load_file(backbone: keras.Model, path: Path) -> None:
    wanted = [layer for layer in backbone.layers if isinstance(layer, layers.Conv2D)]
    found = read_convolutions(path)
    for i, layer in enumerate(wanted):
        expected = tuple(layer.kernel.shape)
        if i >= len(found):
            raise DataError(
                f"{path}, layer {layer.name}: expected a kernel of shape {expected}, found the end of the file "
                f"after {len(found)} convolutions: pass weights of VGG19"
            )
        name, kernel, bias = found[i]
        if kernel.shape != expected or bias.shape != expected[-1:]:
            raise DataError(
                f"{path}, layer {layer.name}: expected a kernel of shape {expected}, "
                f"found {kernel.shape} ({name}): pass weights of VGG19"
            )
        layer.set_weights([kernel, bias])
