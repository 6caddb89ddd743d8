"""`python -m benchmarks thresholds`: how many faces, and how many false ones, a threshold of the score leaves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.detection import SCORED_FROM_PX
from benchmarks.reporting.environment import describe
from smile_edge import FacePipeline, Frame
from smile_edge.runtime.manifest import find_models
from smile_edge.tracking.tracker import TrackerSettings
from train.data.crop_cache import read_bgr
from train.data.formats.wider import read_wider
from train.data.samples import SceneSample
from train.evaluation.evaluate import EVALUATED_FROM_SCORE, detections_of
from train.evaluation.metrics import score_detections

__all__ = ["FAST", "FIRST_FRAME", "PICTURES", "measure_thresholds", "sure_of"]

PICTURES, FAST, FIRST_FRAME = "pictures", "pictures, `--fast`", "first frame of a stream"
STEP = 0.01
"""Between two thresholds of a curve."""

Boxes = tuple[np.ndarray, np.ndarray]
"""Boxes `(k, 4)` xywh px and scores `(k,)` of one picture."""


def measure_thresholds(packs: Sequence[Path], limit: int | None = None) -> dict[str, Any]:
    """Looks at every picture of the packs as one of a folder, with one look, and as the first frame of a stream.

    Args:
        packs: in WIDER's format, taken together.
        limit: at most so many pictures of each, spread evenly.

    Returns:
        Plain JSON types: `packs`, `pictures`, and by the kind of look in `kinds` its `shipped` thresholds and `curves`
        by the least height of a face, px (see `sure_of`).

    Raises:
        DataError: no such pack.
    """
    samples = [sample for pack in packs for sample in _some(read_wider(pack), limit)]
    folder = find_models(None)
    pipeline = FacePipeline(folder, provider="cpu", threads=1)
    fast = FacePipeline(pipeline.models, fast=True)
    settings = TrackerSettings()
    found = {
        PICTURES: ([pipeline.threshold], detections_of(pipeline, samples, EVALUATED_FROM_SCORE)),
        FAST: ([fast.threshold], detections_of(fast, samples, EVALUATED_FROM_SCORE)),
        FIRST_FRAME: ([settings.admit_probability, settings.keep_probability], _first_frames(pipeline, samples)),
    }
    truth = [(sample.boxes, sample.ignore) for sample in samples]
    kinds = {
        kind: {"shipped": shipped, "curves": {str(px): sure_of(boxes, truth, px) for px in SCORED_FROM_PX}}
        for kind, (shipped, boxes) in found.items()
    }
    names = [pack.name for pack in packs]
    return {**describe(pipeline, folder), "packs": names, "pictures": len(samples), "kinds": kinds}


def sure_of(detections: Sequence[Boxes], truth: Sequence[Boxes], smallest_px: float) -> list[list[float]]:
    """`[threshold, precision, recall]` at each threshold from the lowest on, precision NaN where nothing is left.

    Args:
        detections: of each picture.
        truth: boxes `(n, 4)` xywh px and whether to ignore them, of each picture.
        smallest_px: height from which a face counts.
    """
    score, confidence, hits = score_detections(detections, truth, smallest_px)
    rows = []
    for threshold in np.arange(EVALUATED_FROM_SCORE, 1 - STEP / 2, STEP).round(4).tolist():
        kept = confidence >= threshold
        right, count = int(hits[kept].sum()), int(kept.sum())
        rows.append([threshold, right / count if count else float("nan"), right / max(score.faces, 1)])
    return rows


def at(curve: Sequence[Sequence[float]], threshold: float) -> Mapping[str, float]:
    """Precision and recall of a curve at one of its thresholds."""
    _, precision, recall = min(curve, key=lambda row: abs(row[0] - threshold))
    return {"precision": precision, "recall": recall}


def _first_frames(pipeline: FacePipeline, samples: Sequence[SceneSample]) -> list[Boxes]:
    """The faces of each picture as the first frame of a stream that tells of all that it is given."""
    stream = FacePipeline(pipeline.models, min_score=EVALUATED_FROM_SCORE)
    found = []
    for sample in samples:
        stream.reset()
        faces = stream.process(Frame(read_bgr(sample.image))).faces
        boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
        found.append((boxes, np.array([face.score for face in faces], np.float32)))
    return found


def _some(samples: Sequence[SceneSample], limit: int | None) -> list[SceneSample]:
    if limit is None or limit >= len(samples):
        return list(samples)
    return [samples[index] for index in np.linspace(0, len(samples) - 1, limit).round().astype(int)]
