"""Does a model know which points are covered: under masks that people wear, and under what is pasted over a face."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.measures.labelled_pose import auc
from smile_edge import FacePipeline
from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.records import Face
from train.augmentation.occluders import Occluders
from train.data.crop_cache import read_bgr
from train.data.samples import FaceSample, SceneSample

__all__ = ["MASK_PACKS", "masked_results", "pasted_results"]

MASK_PACKS = frozenset({"masks"})
"""Packs whose occlusion flag says whether a face wears a mask, by name."""
UNDER_A_MASK = (*range(30, 36), *range(48, 68))
"""Tip of the nose, nostrils and lips among the 70 points."""
LEAST_PX = 40
_SAME_IOU = 0.4
_SEED = 17


def masked_results(pipeline: FacePipeline, samples: Sequence[SceneSample]) -> dict[str, Any] | None:
    """How well the probability that mouth and nose are seen tells bare faces (flag 0) from masked ones (flag 2).

    Args:
        pipeline: detector and landmarker, end to end.
        samples: scenes with flags; faces of `LEAST_PX` and more count.

    Returns:
        Plain JSON types: `bare`, `masked` (faces found), `auc`, and the `mean` of both kinds; None where the model does
        not say it or a kind is missing.
    """
    found: dict[int, list[float]] = {0: [], 2: []}
    for sample in samples:
        if sample.occlusion is None:
            continue
        faces = pipeline.process(read_bgr(sample.image)).faces
        overlap = _overlaps(sample.boxes, faces)
        for row, flag in enumerate(sample.occlusion.tolist()):
            large = sample.boxes[row, 3] >= LEAST_PX
            if not large or flag not in found or not len(faces) or overlap[row].max() < _SAME_IOU:
                continue
            visible = faces[int(overlap[row].argmax())].visible[list(UNDER_A_MASK)]
            found[flag] += [float(visible.mean())] if np.isfinite(visible).all() else []
    bare, masked = map(np.array, found.values())
    if not len(bare) or not len(masked):
        return None
    means = {"bare": round(float(bare.mean()), 3), "masked": round(float(masked.mean()), 3)}
    return {"bare": len(bare), "masked": len(masked), "auc": _area(bare, masked), "mean": means}


def pasted_results(
    pipeline: FacePipeline, samples: Sequence[FaceSample], faces: Sequence[Face | None], occluders: Occluders
) -> dict[str, Any] | None:
    """How well visibility tells points that something pasted covers from those of the same faces that it does not.

    Args:
        pipeline: detector and landmarker, end to end.
        samples: faces whose 68 points are labelled.
        faces: what was found of each without anything pasted; its irises complete the labels.
        occluders: one of their kind is pasted over each face, always the same.

    Returns:
        Plain JSON types: `faces` found again, `points` that are covered, `auc`; None where the model does not say it.
    """
    rng = np.random.default_rng(_SEED)
    hidden, seen, count = [], [], 0
    for sample, face in zip(samples, faces, strict=True):
        if sample.whole is None or face is None or not np.isfinite(face.visible).any():
            continue
        image = read_bgr(sample.image).copy()
        points = np.concatenate([np.where(np.isfinite(sample.whole), sample.whole, face.points[:68]), face.points[68:]])
        under = _under(occluders.cover(image, points, rng), points)[:68]
        again = pipeline.process(image).faces
        if not again:
            continue
        overlap = _overlaps(face.box[None], again)[0]
        if overlap.max() < _SAME_IOU:
            continue
        visible = again[int(overlap.argmax())].visible[:68]
        count += 1
        hidden.append(visible[under])
        seen.append(visible[~under])
    if not count:
        return None
    covered = np.concatenate(hidden)
    return {"faces": count, "points": len(covered), "auc": _area(np.concatenate(seen), covered)}


def _area(higher: np.ndarray, lower: np.ndarray) -> float | None:
    area = auc(higher, lower)
    return None if area is None else round(area, 4)


def _overlaps(boxes: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    found = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    return iou_xyxy(xywh_to_xyxy(np.asarray(boxes, np.float32)), xywh_to_xyxy(found))


def _under(hidden: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points `(k, 2)` px lie under hidden pixels `(h, w)`; one that is not in the image lies under none."""
    column, row = np.rint(points).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < hidden.shape[1]) & (row < hidden.shape[0])
    under = np.zeros(len(points), bool)
    under[inside] = hidden[row[inside], column[inside]]
    return under
