"""Detection on packs of boxed faces: precision and recall, beside the peers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.illumination import light_results
from benchmarks.accuracy.peers import Peer
from benchmarks.reporting.systems import OURS
from smile_edge import FacePipeline
from smile_edge.detection.detector import FaceDetector
from train.data.samples import SceneSample
from train.evaluation.evaluate import EVALUATED_FROM_SCORE, detections_of
from train.evaluation.metrics import score_detections

__all__ = ["SCORED_FROM_PX", "scene_results"]

SCORED_FROM_PX = (20, 40)
"""Heights from which faces count; smaller ones neither count nor punish."""
_CURVE_POINTS = 200

Boxes = tuple[np.ndarray, np.ndarray]
"""Boxes `(k, 4)` xywh px and scores `(k,)` of one image."""


def scene_results(
    pipelines: Mapping[str, FacePipeline], folder: Path, samples: Sequence[SceneSample], peers: Sequence[Peer]
) -> dict[str, Any]:
    """Scores of our faces and of the peers over one pack, at each of `SCORED_FROM_PX`.

    Args:
        pipelines: ours by name, `systems.OURS` among them, all with one detector.
        folder: the pack; the peers name images relative to it.
        samples: boxed faces.
        peers: predictions over the same pack.

    Returns:
        Plain JSON types: `systems` by name, each with `lowest_score` (below which its predictions were cut), ours
        with the `threshold` that ships; and, by height, `ap` (None for a system without scores), `ap_coco` (the
        same without false alarms that are lower, as COCO has it), `recall`, `precision`, `false_alarms` an image and
        `curve`; ours hold the last four at that threshold, a peer's at its own cut. `light`: see `light_results`.
    """
    truth = [(sample.boxes, sample.ignore) for sample in samples]
    detector = pipelines[OURS].models.detector
    assert isinstance(detector, FaceDetector)
    found = {name: detections_of(pipeline, samples, EVALUATED_FROM_SCORE) for name, pipeline in pipelines.items()}
    names = [sample.image.relative_to(folder).as_posix() for sample in samples]
    found |= {peer.name: [(faces.boxes, faces.scores) for faces in peer.of(names)] for peer in peers}
    thresholds = {name: pipeline.threshold for name, pipeline in pipelines.items()}
    systems = {name: _system(detections, truth, thresholds.get(name)) for name, detections in found.items()}
    counted = {str(px): int(sum((~i & (b[:, 3] >= px)).sum() for b, i in truth)) for px in SCORED_FROM_PX}
    return {
        "images": len(samples),
        "faces": counted,
        "long_sides": {
            name: [detector.long_side] if pipeline.fast else list(detector.image_long_sides)
            for name, pipeline in pipelines.items()
        },
        "systems": systems,
        "light": light_results(found, samples),
    }


def _system(detections: Sequence[Boxes], truth: Sequence[Boxes], threshold: float | None) -> dict[str, Any]:
    scores = np.concatenate([confidence for _, confidence in detections])
    ranked = bool(np.isfinite(scores).all())
    sortable = [(boxes, np.nan_to_num(confidence, nan=1.0)) for boxes, confidence in detections]
    lowest = EVALUATED_FROM_SCORE if threshold is not None else float(scores.min(initial=1.0)) if ranked else None
    result: dict[str, Any] = {"lowest_score": None if lowest is None else round(lowest, 3)}
    if threshold is not None:
        result["threshold"] = threshold
    for smallest in SCORED_FROM_PX:
        score, confidence, hits = score_detections(sortable, truth, smallest)
        coco, _, _ = score_detections(sortable, truth, smallest, small_alarms=False)
        kept = confidence >= (threshold or 0)
        right = int(hits[kept].sum())
        result[str(smallest)] = {
            "ap": round(score.average_precision, 4) if ranked else None,
            "ap_coco": round(coco.average_precision, 4) if ranked else None,
            "recall": round(right / max(score.faces, 1), 4),
            "precision": round(right / max(int(kept.sum()), 1), 4),
            "false_alarms": round(int(kept.sum() - right) / max(len(truth), 1), 4),
            "curve": _curve(hits, score.faces) if ranked else [],
        }
    return result


def _curve(hits: np.ndarray, faces: int) -> list[list[float]]:
    """`[recall, precision]`, thinned out; precision is the best at that recall or a higher one, as in the AP."""
    if not np.any(hits) or not faces:
        return []
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    right = np.flatnonzero(hits)  # recall moves at these alone
    picked = right[np.unique(np.linspace(0, len(right) - 1, min(_CURVE_POINTS, len(right))).round().astype(int))]
    return np.round(np.column_stack([found[picked] / faces, precision[picked]]), 4).tolist()
