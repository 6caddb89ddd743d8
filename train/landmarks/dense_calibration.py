"""Sigma of 70 points scaled, group by group, so that the errors on people's labels of held-out faces agree with it."""

import json
import math
from pathlib import Path

import keras
import numpy as np

from train.engine.checkpoint import replacing
from train.evaluation.metrics import laplace_share_within
from train.landmarks.dense_validation import GROUPS
from train.landmarks.validation import predict
from train.networks.landmarker import SIGMA_LAYER

__all__ = ["calibrate_dense_run", "calibrate_groups"]

_LIKE = {"eyes": (68, 69)}
"""Points that nobody labelled take the factor of a group: irises that of the lids."""


def calibrate_groups(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Scales the sigma of each group so that as many axis errors lie within one and within two as Laplace would have.

    One factor can seldom do both: it is the geometric mean of what either asks for. It goes into the bias of the layer
    before the exponential, so the network itself stays as it is.

    Args:
        network: from `build_dense_landmarker`; changed in place.
        images: crops `(n, 96, 96, 3)` of held-out faces.
        labels: people's points `(n, >= 68, 3)` px of the crop.

    Returns:
        The factor of each group (`GROUPS`).
    """
    out = predict(network, images)
    ratio = np.abs(out["points"][:, :68] - labels[:, :68, :2]) / out["sigma"][:, :68, None]
    layer = network.get_layer(SIGMA_LAYER)
    bias = np.array(layer.bias)
    factors = {}
    for name, points in GROUPS.items():
        wanted = [np.quantile(ratio[:, list(points)], laplace_share_within(k)) / k for k in (1, 2)]
        factors[name] = math.sqrt(math.prod(wanted))
        bias[[*points, *_LIKE.get(name, ())]] += math.log(factors[name])
    layer.bias.assign(bias)
    return factors


def calibrate_dense_run(out: Path, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Calibrates a run's best weights and its last ones, and notes the factors among the scores of each.

    Arguments as in `calibrate_groups`. Returns the factors of the best weights.
    """
    kept: dict[str, float] = {}
    for weights, scores in (("best.keras", "metrics.json"), ("last.keras", "last.json")):
        network = keras.saving.load_model(out / weights)
        factors = calibrate_groups(network, images, labels)
        kept = kept or factors
        with replacing(out / weights) as partial:
            network.save(partial)
        noted = json.loads((out / scores).read_text()) | {f"sigma_factor_{k}": v for k, v in factors.items()}
        with replacing(out / scores) as partial:
            partial.write_text(json.dumps(noted, indent=1))
    return kept
