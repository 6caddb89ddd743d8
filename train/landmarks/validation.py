"""Scores of a landmarker on held-out crops, during a training and after it."""

import cv2
import keras
import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import CROP_PX, TIGHT_CROP, CropGeometry, validation_crops
from train.data.samples import readout_of
from train.evaluation.metrics import laplace_share_within

__all__ = ["predict", "validate_landmarks"]


def validate_landmarks(
    network: keras.Model,
    crops: np.ndarray,
    targets: np.ndarray,
    negatives: np.ndarray,
    geometry: CropGeometry = TIGHT_CROP,
) -> dict[str, float]:
    """Scores on crops without augmentation but for one fixed disturbance of the crop.

    Args:
        network: of 49 or of 70 points.
        crops: stored, `(n, s, s, 3)` uint8.
        targets: `(n, 51, 3)` px of the stored crop, and weights.
        negatives: `(k, 96, 96, 3)` uint8.
        geometry: of the network's crop and of the stored ones.

    Returns:
        `error`: mean over faces of the mean distance of the labelled points, in % of the face size;
        `error_low`: the same with the crop brought down to 24 px; `within_1_sigma`: share of axis errors within one
        sigma minus what a Laplace distribution would have; `face_auc`: share of (face, non-face) pairs ranked right.
    """
    plain = validation_crops(crops, targets, geometry)
    labels = plain[1]
    low = np.stack(
        [cv2.resize(cv2.resize(c, (28, 28), interpolation=cv2.INTER_AREA), (CROP_PX, CROP_PX)) for c in plain[0]]
    )
    scores, out = {}, {}
    for name, images in (("error", plain[0]), ("error_low", low)):
        out = predict(network, images)
        readout = readout_of(out["points"].shape[1])
        points = readout @ out["points"]
        distance = np.linalg.norm(points - labels[..., :2], axis=-1)
        weight = labels[..., 2]
        size = face_roi(TOPOLOGY_49.five_points(points[:, :49]))[1]
        scores[name] = float(100 * np.mean((distance * weight).sum(1) / weight.sum(1) / size))
        if name == "error":
            axis_error = np.abs(points - labels[..., :2])
            within = axis_error < (out["sigma"] @ readout.T)[..., None]
            scores["within_1_sigma"] = float(within[weight > 0].mean() - laplace_share_within(1))
            faces = out["face"][:, 0]
    if len(negatives):
        others = np.sort(predict(network, negatives)["face"][:, 0])
        scores["face_auc"] = float(np.mean(np.searchsorted(others, faces)) / len(others))
    return scores


def predict(network: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Every output of a network for crops `(n, 96, 96, 3)`, in parts that fit into memory."""
    parts = [network.predict_on_batch(images[i : i + 64]) for i in range(0, len(images), 64)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
