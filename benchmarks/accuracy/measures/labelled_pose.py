"""Head pose and smile on packs with one labelled face an image."""

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from benchmarks.accuracy.measures.angle_orders import ORDERS, angle_difference
from smile_edge import FacePipeline
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import Face
from train.data.crop_cache import read_bgr
from train.data.formats.pose_labels import PoseLabel

__all__ = ["BORDER", "auc", "labelled_pose_results", "middle_face", "pose_errors", "smile_scores", "with_border"]

BORDER = 0.5
"""Width of the black border around every image, over its longer side: in some packs faces fill the images, as they do
in no photograph or video. Half a side leaves room for a whole head; the same for every pack."""
SMILES_FROM = 0.5
"""Probability from which a face counts as smiling."""


def labelled_pose_results(pipeline: FacePipeline, samples: Sequence[PoseLabel]) -> dict[str, Any]:
    """Scores over one pack, each image by itself and within a border.

    Args:
        pipeline: detector and landmarker, end to end.
        samples: images with their labels.

    Returns:
        Plain JSON types: `images`; `missed`, images without a face; `orders`, the `pose_errors` with our angles in each
        of `ORDERS`; `order`, the one with the smaller corrected error of roll; `smile`, the `smile_scores` of the faces
        found, None where the pack does not label smiles.
    """
    found = [_measures(pipeline, sample) for sample in samples]
    kept = [(one, sample) for one, sample in zip(found, samples, strict=True) if one is not None]
    labels = np.array([(sample.yaw, sample.pitch, sample.roll) for _, sample in kept], np.float64).reshape(-1, 3)
    orders = {}
    for name, convert in ORDERS.items():
        angles = np.array([convert(one.pose) for one, _ in kept], np.float64).reshape(-1, 3)
        orders[name] = pose_errors(angles, labels)
    smiles = [(one.smile, sample.smile) for one, sample in kept if sample.smile is not None]
    labelled = any(sample.smile is not None for sample in samples)
    return {
        "images": len(samples),
        "missed": len(samples) - len(kept),
        "order": min(orders, key=lambda name: orders[name]["corrected"]["roll"] or 0.0),
        "orders": orders,
        "smile": smile_scores(np.array(smiles, np.float64).reshape(-1, 2)) if labelled else None,
    }


def with_border(image: np.ndarray) -> np.ndarray:
    """The image `(h, w, 3)` within a black border; see `BORDER`."""
    width = round(BORDER * max(image.shape[:2]))
    return cv2.copyMakeBorder(image, width, width, width, width, cv2.BORDER_CONSTANT)


def middle_face(faces: Sequence[Face], width: int, height: int) -> Face | None:
    """The face whose box has its middle nearest to that of the image of `width` by `height` px; None of none."""

    def distance(face: Face) -> float:
        left, top, across, down = face.box.tolist()
        return math.hypot(left + (across - width) / 2, top + (down - height) / 2)

    return min(faces, key=distance, default=None)


def pose_errors(angles: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Mean absolute errors of yaw, pitch and roll, the short way round.

    Args:
        angles: `(n, 3)` degrees.
        labels: `(n, 3)` degrees.

    Returns:
        By axis, in degrees: `raw`; `offset`, the median difference, which is a matter of where a label set has its
        zero; `corrected`, with the offset taken off. The errors have a `mean` over the axes as well. None for n = 0.
    """
    difference = angle_difference(angles, labels)
    if not len(difference):
        return {"raw": _axes([None] * 3), "offset": dict.fromkeys(Pose._fields), "corrected": _axes([None] * 3)}
    offset = np.median(difference, 0)
    return {
        "raw": _axes(np.abs(difference).mean(0).tolist()),
        "offset": dict(zip(Pose._fields, np.round(offset, 3).tolist(), strict=True)),
        "corrected": _axes(np.abs(angle_difference(difference, offset)).mean(0).tolist()),
    }


def smile_scores(pairs: np.ndarray) -> dict[str, Any]:
    """How well smiles are told: `faces`, `smiling` by label, `auc` (0..1), `accuracy` (%) at `SMILES_FROM`.

    Args:
        pairs: `(n, 2)`: probability of a smile, and its label, 0 or 1.
    """
    probability, smiles = pairs[:, 0], pairs[:, 1] > 0
    area = auc(probability[smiles], probability[~smiles])
    right = (probability >= SMILES_FROM) == smiles
    return {
        "faces": len(pairs),
        "smiling": int(smiles.sum()),
        "auc": None if area is None else round(area, 4),
        "accuracy": round(float(100 * right.mean()), 2) if len(pairs) else None,
    }


def auc(positives: np.ndarray, negatives: np.ndarray) -> float | None:
    """Area under the ROC curve: the share of pairs in which the positive scores higher, ties counting half."""
    if not len(positives) or not len(negatives):
        return None
    ranked = np.sort(negatives)
    below, up_to = (np.searchsorted(ranked, positives, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / len(ranked))


def _measures(pipeline: FacePipeline, sample: PoseLabel) -> FaceMeasures | None:
    """The measures of the labelled face; None where no face was found."""
    image = with_border(read_bgr(sample.image))
    face = middle_face(pipeline.process(image).faces, image.shape[1], image.shape[0])
    return None if face is None or not all(map(math.isfinite, face.pose)) else face.measures


def _axes(errors: Sequence[float | None]) -> dict[str, float | None]:
    """Errors by axis and their mean."""
    known = [error for error in errors if error is not None]
    mean = sum(known) / len(known) if known else None
    named = zip((*Pose._fields, "mean"), (*errors, mean), strict=True)
    return {name: None if error is None else round(error, 3) for name, error in named}
