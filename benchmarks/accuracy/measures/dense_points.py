"""Many points on packs of dense labels: errors by part of the face, sigma, how open the eyes are, what is covered."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.measures.covered_points import pasted_results
from benchmarks.accuracy.measures.eye_openness import lid_ratios, readout_ratios
from benchmarks.accuracy.measures.peer_expressions import agreement
from benchmarks.accuracy.peers import Peer
from benchmarks.accuracy.scores import nearest
from smile_edge import FacePipeline
from smile_edge.geometry.face_roi import face_roi
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.augmentation.occluders import Occluders
from train.data.crop_cache import read_bgr
from train.data.samples import FaceSample
from train.evaluation.metrics import LOST_PERCENT, five_point_error, laplace_share_within

__all__ = ["PARTS", "correlations", "dense_results", "point_errors"]

_GROUPS = {
    "brows": ("right_brow", "left_brow"),
    "nose": ("nose_bridge", "nostrils"),
    "eyes": ("right_eye", "left_eye"),
    "lips": ("outer_lip", "inner_lip"),
}
PARTS = {part: [i for name in names for i in TOPOLOGY_49.groups[name]] for part, names in _GROUPS.items()}
"""Parts of the face and their indices among the 49 points."""
OUTER_CORNERS = [TOPOLOGY_49.groups["right_eye"][0], TOPOLOGY_49.groups["left_eye"][3]]
MULTIPLES = (1, 2)
"""Sigmas at which shares of errors are counted."""


def dense_results(
    pipeline: FacePipeline,
    samples: Sequence[FaceSample],
    folder: Path | None = None,
    peers: Sequence[Peer] = (),
    occluders: Occluders | None = None,
) -> dict[str, Any]:
    """Scores over one pack, each image by itself; points as they are, no label convention taken off.

    Args:
        pipeline: detector and landmarker, end to end.
        samples: one labelled face an image; the five points of each are known.
        folder: the pack; the peers name images relative to it.
        peers: predictions over the same pack.
        occluders: what is pasted over the faces to score visibility; None for nothing.

    Returns:
        Plain JSON types: `images`; `missed`, faces without one near their label; over the faces found `error`, the
        `point_errors`, `error_68` those of all 68 points and of the jaw, None where the model or the labels lack some;
        `sigma`, the shares of errors of x and of y `within_1` and `within_2` sigma and what Laplace
        would have, in %, and the same `_corrected`: each point's median offset over the pack, in the face's own frame,
        taken off; `eyes`, the `correlations` with the labels' lid distance over eye width: of the same of our `points`,
        of the `readout` that blink is made from, of 1 - `blink`; `pasted`, see `pasted_results`; `peers`, by name,
        see `agreement`.
    """
    found = [_labelled_face(pipeline, sample) for sample in samples]
    kept = [(face, sample.targets[:49]) for face, sample in zip(found, samples, strict=True) if face is not None]
    points = np.array([face.inner_points() for face, _ in kept], np.float64).reshape(-1, 49, 2)
    sigma = np.array([face.inner_sigma() for face, _ in kept], np.float64).reshape(-1, 49)
    labels = np.array([targets[:, :2] for _, targets in kept], np.float64).reshape(-1, 49, 2)
    labels[np.array([targets[:, 2] == 0 for _, targets in kept], bool).reshape(-1, 49)] = np.nan
    shut = np.array([face.blink for face, _ in kept], np.float64).reshape(-1, 2)
    truth = lid_ratios(labels)
    return {
        "images": len(samples),
        "missed": len(samples) - len(kept),
        "error": point_errors(points, labels),
        "error_68": _whole_errors(samples, found),
        "sigma": _sigma(points, sigma, labels),
        "eyes": {
            "points": correlations(lid_ratios(points), truth),
            "readout": correlations(readout_ratios(points), truth),
            "blink": correlations(1 - shut, truth),
        },
        "pasted": None if occluders is None else pasted_results(pipeline, samples, found, occluders),
        "peers": _agreements(samples, found, folder, peers),
    }


def point_errors(points: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Mean distance from the labels in % of the distance of the outer corners of the eyes: `all`, and by part.

    Args:
        points: `(n, 49, 2)` px.
        labels: `(n, 49, 2)` px, NaN where a point is not labelled; a face without its outer corners does not count.
    """
    eyes = np.linalg.norm(labels[:, OUTER_CORNERS[0]] - labels[:, OUTER_CORNERS[1]], axis=-1)
    error = 100 * np.linalg.norm(points - labels, axis=-1) / np.maximum(eyes, 1e-6)[:, None]  # (n, 49) %
    parts = {"all": list(range(TOPOLOGY_49.count)), **PARTS}
    return {name: _rounded_mean(error[:, indices]) for name, indices in parts.items()}


def correlations(ours: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Pearson's correlation of values `(n, 2)` of both eyes with the true ones, where both are known.

    Returns:
        `eyes`, how many; `each_eye`, over all of them; `both_eyes`, over the means of faces with both; None below two.
    """
    known = np.isfinite(ours) & np.isfinite(truth)
    whole = known.all(1)
    return {
        "eyes": int(known.sum()),
        "each_eye": _correlation(ours[known], truth[known]),
        "both_eyes": _correlation(ours[whole].mean(1), truth[whole].mean(1)),
    }


def _whole_errors(samples: Sequence[FaceSample], found: Sequence[Face | None]) -> dict[str, float | None] | None:
    """Errors of all 68 points and of the jaw, as `point_errors` has them."""
    pairs = [(face, one.whole) for face, one in zip(found, samples, strict=True) if face and one.whole is not None]
    if not pairs or not any(np.isfinite(face.points[:68]).all() for face, _ in pairs):
        return None
    labels = np.array([label for _, label in pairs], np.float64)
    eyes = np.linalg.norm(labels[:, 36] - labels[:, 45], axis=-1)
    apart = np.linalg.norm(np.array([face.points[:68] for face, _ in pairs]) - labels, axis=-1)
    error = 100 * apart / np.maximum(eyes, 1e-6)[:, None]  # (n, 68) %
    return {"all": _rounded_mean(error), "jaw": _rounded_mean(error[:, list(TOPOLOGY_70.groups["jaw"])])}


def _agreements(
    samples: Sequence[FaceSample], found: Sequence[Face | None], folder: Path | None, peers: Sequence[Peer]
) -> dict[str, Any]:
    if folder is None:
        return {}
    names = [sample.image.relative_to(folder).as_posix() for sample in samples]
    each = {peer.name: agreement(found, names, peer) for peer in peers}
    return {name: scores for name, scores in each.items() if scores is not None}


def _labelled_face(pipeline: FacePipeline, sample: FaceSample) -> Face | None:
    """The face nearest to the label; None where none is near."""
    faces = pipeline.process(read_bgr(sample.image)).faces
    five = np.array([face.five_points() for face in faces]).reshape(-1, 5, 2)
    index = nearest(five, sample.five())
    lost = index is None or five_point_error(five[index], sample.five()) >= LOST_PERCENT
    return None if index is None or lost else faces[index]


def _sigma(points: np.ndarray, sigma: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    errors = points - labels
    counted = np.isfinite(errors).all(-1)
    result: dict[str, Any] = {"errors": 2 * int(counted.sum())}
    for ending, found in (("", errors), ("_corrected", _less_offset(errors, points))):
        ratio = np.abs(found[counted]) / np.maximum(sigma[counted], 1e-9)[:, None]
        for multiple in MULTIPLES:
            share = round(float(100 * (ratio <= multiple).mean()), 2) if counted.any() else None
            result[f"within_{multiple}{ending}"] = share
    result["parts"] = _sigma_of_parts(errors, sigma)
    return result | {f"laplace_{multiple}": round(100 * laplace_share_within(multiple), 2) for multiple in MULTIPLES}


def _sigma_of_parts(errors: np.ndarray, sigma: np.ndarray) -> dict[str, list[float | None]]:
    """Shares of errors of x and of y within one and within two sigma, by part of the face, %."""
    ratio = np.abs(errors) / np.maximum(sigma, 1e-9)[..., None]  # (n, 49, 2)
    shares = {}
    for part, indices in PARTS.items():
        known = ratio[:, indices][np.isfinite(ratio[:, indices])]
        shares[part] = [round(float(100 * (known <= k).mean()), 2) if len(known) else None for k in MULTIPLES]
    return shares


def _less_offset(errors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Errors `(n, 49, 2)` px less each point's median over the faces, in the face's own frame (upright, face sizes)."""
    if not len(errors):
        return errors
    _, size, angle = face_roi(TOPOLOGY_49.five_points(points))
    own = size * np.exp(1j * angle)  # (n,): turn and size
    seen = (errors @ [1, 1j]) / own[:, None]  # (n, 49): x + iy
    known = np.isfinite(seen).any(0)
    offset = np.zeros(errors.shape[1], complex)
    offset[known] = np.nanmedian(seen[:, known].real, 0) + 1j * np.nanmedian(seen[:, known].imag, 0)
    left = (seen - offset) * own[:, None]
    return np.stack([left.real, left.imag], -1)


def _correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    if len(a) < 2 or not a.std() or not b.std():
        return None
    return round(float(np.corrcoef(a, b)[0, 1]), 4)


def _rounded_mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 3) if len(known) else None
