"""The landmarker of 70 points: finer heatmaps for eyes and lips, what is covered, and the expression."""

import keras
import numpy as np
from keras import layers

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.face_roi import LABELLED_BOX
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.crop_cache import CROP_PX, WIDE_CROP, CropGeometry
from train.data.formats.teacher_labels import EXPRESSION
from train.errors import DataError
from train.networks.blocks import FlatMaps, SpatialExpectation, SubcellExpectation, Upsample2x, conv_bn_relu
from train.networks.landmarker import SIGMA_LAYER, BoxAroundMean, Sigma

__all__ = ["FINE_POINTS", "build_dense_landmarker", "start_from_49"]

FINE_POINTS = tuple(range(36, 70))
"""Eyes, lips and irises: the last of the 70 points have heatmaps of 24x24, the others of 12x12."""
_SEEN = 96
"""Units that the heads of the whole face share."""
_START_AS = {60: 48, 64: 54, 68: 38, 69: 43}
"""New points and what they start as: inner corners of the mouth as outer ones, irises as lids."""


def build_dense_landmarker(geometry: CropGeometry = WIDE_CROP) -> keras.Model:
    """The network.

    The trunk of `build_landmarker`; features of 24x24 reach the heatmaps through one 2x2 convolution.

    Args:
        geometry: of the crop: it says where the box of an average face lies.

    Returns:
        A model from crops `(n, 96, 96, 3)` BGR 0..255 to `points (n, 70, 2)` crop px, `sigma (n, 70)` crop px,
        `visible (n, 70)` logits, `expression (n, 51)` logits in the order of `EXPRESSION`, `face (n, 1)` logit and
        `box (n, 4)`: left, top, width, height in crop px.
    """
    crops = keras.Input((CROP_PX, CROP_PX, 3), name="crops")
    x = layers.Rescaling(1 / 255)(crops)
    x = conv_bn_relu(x, 16, 2)  # 48 x 48
    x = conv_bn_relu(x, 32, 2)  # 24 x 24
    early = x = conv_bn_relu(x, 32)
    x = conv_bn_relu(x, 64, 2)  # 12 x 12
    middle = x = conv_bn_relu(x, 64)
    x = conv_bn_relu(x, 112, 2)  # 6 x 6
    deep = x = conv_bn_relu(x, 112)

    parts = [Upsample2x()(layers.Conv2D(64, 1)(deep)), layers.Conv2D(64, 1)(middle)]
    parts.append(layers.Conv2D(64, 2, 2, kernel_initializer="zeros", name="early_skip")(early))
    x = conv_bn_relu(layers.ReLU()(layers.Add()(parts)), 64)
    coarse = layers.Conv2D(TOPOLOGY_70.count - len(FINE_POINTS), 1, name="heatmaps")(x)
    fine = layers.Conv2D(4 * len(FINE_POINTS), 1, name="fine_heatmaps")(x)
    places = [SpatialExpectation(CROP_PX, name="coarse")(coarse), SubcellExpectation(CROP_PX, name="fine")(fine)]
    points = layers.Concatenate(axis=1, name="points", dtype="float32")(places)  # (n, 70, 2) px

    layout = FlatMaps(name="flat_layout")(layers.Conv2D(16, 1, activation="relu", name="layout")(deep))
    seen = layers.Dense(_SEEN, activation="relu", name="seen")(layout)
    outputs = {
        "points": points,
        "sigma": Sigma(name="sigma")(layers.Dense(TOPOLOGY_70.count, name=SIGMA_LAYER)(seen)),
        "visible": layers.Dense(TOPOLOGY_70.count, dtype="float32", name="visible")(seen),
        "expression": layers.Dense(len(EXPRESSION), dtype="float32", name="expression")(seen),
        "face": layers.Dense(1, dtype="float32", name="face")(seen),
        "box": BoxAroundMean(geometry.face_px, _average_box(geometry), name="box")(seen),
    }
    return keras.Model(crops, outputs, name="landmarks")


def _average_box(geometry: CropGeometry) -> list[float]:
    """Left, top, width and height px of an average face's box in a crop."""
    half_width, half_height, up = (geometry.face_px * value for value in LABELLED_BOX)
    x, y = apply_affine(geometry.warp(0.0, 1.0, np.zeros(2)), geometry.anchor_px[None])[0]
    return [float(value) for value in (x - half_width, y - up - half_height, 2 * half_width, 2 * half_height)]


def start_from_49(network: keras.Model, trained: keras.Model) -> list[str]:
    """Takes over what a network of 49 points (`build_landmarker`) knows, so that those points come out as they did.

    Heatmaps of 24x24 start as those of 12x12, each cell cut into four equal quarters; points that are new start as the
    nearest old ones, the jaw by chance. New units of a wider layer are read by nobody at first (`net2net`).

    Returns:
        The names of the layers that start afresh.

    Raises:
        DataError: the trained network is not one of 49 points.
    """
    names = {layer.name for layer in trained.layers}
    plain = [[_numbered(model, kind) for model in (network, trained)] for kind in ("conv2d", "batch_normalization")]
    if not {"heatmaps", SIGMA_LAYER, "seen", "layout"} <= names or any(len(a) != len(b) for a, b in plain):
        raise DataError("the network to start from is no landmarker of 49 points: name landmarks.keras")
    for mine, theirs in plain:
        for layer, old in zip(mine, theirs, strict=True):
            layer.set_weights(old.get_weights())
    network.get_layer("layout").set_weights(trained.get_layer("layout").get_weights())
    kernel, bias = trained.get_layer("seen").get_weights()
    units = kernel.shape[1]
    _assign_first(network.get_layer("seen"), [kernel, bias])
    for name in ("face", "box"):
        kernel, bias = trained.get_layer(name).get_weights()
        mine = network.get_layer(name)
        mine.set_weights([_rows(mine.get_weights()[0], kernel), bias])
    kernel, bias = trained.get_layer("heatmaps").get_weights()
    heat = network.get_layer("heatmaps")
    full_kernel, full_bias = (_by_point(fresh, old) for fresh, old in zip(_full(heat), (kernel, bias), strict=True))
    coarse = TOPOLOGY_70.count - len(FINE_POINTS)
    heat.set_weights([full_kernel[..., :coarse], full_bias[:coarse]])
    fine = network.get_layer("fine_heatmaps")
    fine.set_weights([np.repeat(value[..., coarse:], 4, -1) for value in (full_kernel, full_bias)])
    kernel, bias = trained.get_layer(SIGMA_LAYER).get_weights()
    sigma = network.get_layer(SIGMA_LAYER)
    fresh_kernel, fresh_bias = sigma.get_weights()
    fresh_kernel[:units], fresh_kernel[units:] = _by_point(fresh_kernel[:units], kernel), 0
    sigma.set_weights([fresh_kernel, _by_point(fresh_bias, bias)])
    return ["early_skip", "expression", "visible"]


def _numbered(network: keras.Model, kind: str) -> list[keras.Layer]:
    """Layers of a kind that Keras named, in the order of building."""
    return [layer for layer in network.layers if layer.weights and layer.name.startswith(kind)]


def _assign_first(layer: keras.Layer, values: list[np.ndarray]) -> None:
    """Gives a layer's first units trained weights."""
    grown = layer.get_weights()
    for fresh, old in zip(grown, values, strict=True):
        fresh[..., : old.shape[-1]] = old
    layer.set_weights(grown)


def _rows(fresh: np.ndarray, old: np.ndarray) -> np.ndarray:
    """A kernel that reads the trained units as before, and new ones not at all."""
    grown = np.zeros_like(fresh)
    grown[: len(old)] = old
    return grown


def _full(heatmaps: keras.Layer) -> list[np.ndarray]:
    """Fresh weights for 70 points, of a layer that gives fewer."""
    return [
        np.concatenate([value, np.zeros((*value.shape[:-1], len(FINE_POINTS)), value.dtype)], -1)
        for value in heatmaps.get_weights()
    ]


def _by_point(fresh: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Values of 49 points `(..., 49)` among those of 70 `(..., 70)`."""
    full = fresh.copy()
    full[..., list(TOPOLOGY_49.indices)] = old
    for point, source in _START_AS.items():
        full[..., point] = full[..., source]
    return full
