"""A trained landmarker as the teacher of another: what it says of stored crops, as the mean of several views.

A lighter network learns more from all 49 points of every face than from the labels alone, which often are five points
or none (knowledge distillation, Hinton et al., 2015). The mean over shifted, turned and mirrored views errs less than
one look does, and where the views disagree the teacher does not know.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.model_loader import load_model
from smile_edge.topology import FIVE_FLIP, TOPOLOGY_49
from train.data.crop_cache import STORED_PX, STORED_SCALE, load_array

__all__ = ["inner_points", "pseudo_label", "taught_points"]

LOOKS = 8
"""Half of them mirrored."""
FACE_PX = STORED_PX / STORED_SCALE
"""Size of a face in a stored crop."""
AGREEING_SPREAD = 0.02
"""Spread over the views, in face sizes, at which a point weighs half."""
_ROWS = 64
_JITTER_SHIFT, _JITTER_SCALE, _JITTER_TURN = 0.05, 0.06, np.radians(6)


def taught_points(models: Path, crops: np.ndarray, cache: Path, chosen: np.ndarray | None = None) -> np.ndarray:
    """What the landmarker in the folder `models` says of stored crops; computed once and kept under `cache`.

    Args:
        models: folder of shipped models.
        crops: `(n, 160, 160, 3)` uint8.
        cache: folder.
        chosen: `(n,)` bool, the crops that the teacher shall look at; None for all.

    Returns:
        `(n, 49, 3)`: x, y px of the stored crop, weight 0..1 (0 where it was not asked or sees no face).

    Raises:
        ModelError, ManifestMismatchError: the model is missing or is not the one its manifest describes.
    """
    manifest = ModelManifest.load(models / "landmarks.json")
    asked = np.ones(len(crops), bool) if chosen is None else chosen
    key = hashlib.sha256(manifest.sha256.encode() + asked.tobytes())
    for row in range(0, len(crops), max(1, len(crops) // 64)):  # a sample tells two sets of crops apart
        key.update(crops[row].tobytes())

    def build() -> np.ndarray:
        landmarker = FaceLandmarker(*load_model("landmarks", models=models, provider="cpu", precision="float32"))
        rows = np.flatnonzero(asked)
        taught = np.zeros((len(crops), TOPOLOGY_49.count, 3), np.float32)
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            taught[part] = pseudo_label(
                landmarker, [np.asarray(crops[row]) for row in part], np.random.default_rng(start)
            )
        return taught

    return load_array(cache / f"taught-{key.hexdigest()[:16]}.npy", build)


def pseudo_label(landmarker: FaceLandmarker, crops: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """`(n, 49, 3)`: mean points px over `LOOKS` views at each stored crop, and how far they agree, 0..1.

    Args:
        landmarker: the teacher.
        crops: `n` images `(160, 160, 3)` with a face of `FACE_PX` upright in their middle, roughly.
        rng: of the views.
    """
    frame = _frame()
    first = landmarker.landmarks([(crop, frame) for crop in crops], passes=2)
    start = TOPOLOGY_49.five_points(inner_points(first.points))
    views, chances = [], [first.presence]
    for look in range(LOOKS):
        mirror = look % 2 == 1
        items = []
        for crop, five in zip(crops, start, strict=True):
            if mirror:
                crop, five = cv2.flip(crop, 1), _mirrored_five(five)
            items.append((crop, apply_affine(_jitter(five.mean(0), rng), five)))
        seen = landmarker.landmarks(items)
        inner = inner_points(seen.points)
        views.append(TOPOLOGY_49.mirrored(inner, STORED_PX) if mirror else inner)
        chances.append(seen.presence)
    points = np.stack(views)  # (views, n, 49, 2)
    spread = np.sqrt(points.var(0).sum(-1)) / FACE_PX
    weight = np.where(np.mean(chances, 0)[:, None] > 0.5, 1 / (1 + (spread / AGREEING_SPREAD) ** 2), 0.0)
    return np.concatenate([points.mean(0), weight[..., None]], -1).astype(np.float32)


def inner_points(points: np.ndarray) -> np.ndarray:
    """The 49 points `(n, 49, 2)` of a landmarker of 49 or of 70."""
    return points if points.shape[1] == TOPOLOGY_49.count else TOPOLOGY_49.pick(points)


def _frame() -> np.ndarray:
    """Five points `(5, 2)` px whose face frame is the one that stored crops are cut by."""
    middle = (STORED_PX - 1) / 2
    half = FACE_PX / 2
    eyes, mouth = middle - half, middle + half
    return np.array(
        [[middle - half, eyes], [middle + half, eyes], [middle, middle], [middle - 8, mouth], [middle + 8, mouth]],
        np.float32,
    )


def _mirrored_five(five: np.ndarray) -> np.ndarray:
    mirrored: np.ndarray = five[list(FIVE_FLIP)] * (-1, 1) + (STORED_PX - 1, 0)
    return mirrored.astype(np.float32)


def _jitter(centre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shift = rng.normal(0, _JITTER_SHIFT * FACE_PX, 2)
    scale, turn = np.exp(rng.normal(0, _JITTER_SCALE)), rng.normal(0, _JITTER_TURN)
    return similarity_about(centre, centre + shift, scale, turn)
