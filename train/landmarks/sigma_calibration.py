"""Sigma scaled so that the errors of held-out faces agree with it."""

import json
import math
from pathlib import Path

import keras
import numpy as np

from train.data.crop_cache import TIGHT_CROP, CropGeometry, validation_crops
from train.data.samples import readout_of
from train.engine.checkpoint import replacing
from train.evaluation.metrics import laplace_share_within
from train.landmarks.validation import predict
from train.networks.landmarker import SIGMA_LAYER

__all__ = ["calibrate_run", "calibrate_sigma"]


def calibrate_sigma(
    network: keras.Model,
    crops: np.ndarray,
    targets: np.ndarray,
    points: np.ndarray | None = None,
    geometry: CropGeometry = TIGHT_CROP,
) -> float:
    """Scales sigma so that on held-out faces as many axis errors lie within one and within two as Laplace would have.

    One factor can seldom do both: it is the geometric mean of what either asks for. Each face counts the same, however
    many of its points are labelled. Training fits sigma to the training faces, where errors are smaller. The factor
    goes into the bias of the layer before the exponential, so the network itself stays as it is.

    Args:
        network: a landmarker of 49 or of 70 points; changed in place.
        crops: stored crops `(n, s, s, 3)` of held-out faces.
        targets: their targets `(n, 51, 3)`.
        points: `(49,)` bool, which of those points have their sigma scaled; None for all of the network.
        geometry: of the crops.

    Returns:
        The factor.
    """
    images, labels = validation_crops(crops, targets, geometry)
    out = predict(network, images)
    readout = readout_of(out["points"].shape[1])
    error = np.abs(readout @ out["points"] - labels[..., :2])
    ratio = error / (out["sigma"] @ readout.T)[..., None]  # (n, 51, 2)
    labelled = np.broadcast_to(labels[..., 2:] > 0, ratio.shape)
    share = labelled / np.maximum(labelled.sum((1, 2), keepdims=True), 1)
    wanted = [_quantile(ratio[labelled], share[labelled], laplace_share_within(k)) / k for k in (1, 2)]
    factor = math.sqrt(math.prod(wanted))
    layer = network.get_layer(SIGMA_LAYER)
    layer.bias.assign(layer.bias + np.log(factor) * (1.0 if points is None else points @ readout[:49]))
    return factor


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value `(n,)` up to which a share of the weights `(n,)` lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(below, share * below[-1])]])


def calibrate_run(
    out: Path,
    crops: np.ndarray,
    targets: np.ndarray,
    points: np.ndarray | None = None,
    geometry: CropGeometry = TIGHT_CROP,
) -> float:
    """Calibrates the sigma of a run's best weights and of its last ones, and notes the factor among the scores of each.

    Arguments as in `calibrate_sigma`. Returns the factor of the best weights.
    """
    factors = []
    for weights, scores in (("best.keras", "metrics.json"), ("last.keras", "last.json")):
        network = keras.saving.load_model(out / weights)
        factors.append(calibrate_sigma(network, crops, targets, points, geometry))
        with replacing(out / weights) as partial:
            network.save(partial)
        noted = json.loads((out / scores).read_text()) | {"sigma_factor": factors[-1]}
        with replacing(out / scores) as partial:
            partial.write_text(json.dumps(noted, indent=1))
    return factors[0]
