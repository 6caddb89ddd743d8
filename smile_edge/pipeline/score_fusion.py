"""One score and one box from the detector's and the landmarker's."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from smile_edge.detection.rescoring import MIN_RESCORE
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.records import Detection
from smile_edge.types import FloatArray


class FusionWeights(NamedTuple):
    """How much the two models count in a verdict."""

    score: float
    """Of the detector's score, an exponent; the landmarker's probability has the rest of one."""
    box: float
    """Of the landmarker's box beside the detector's, where it is sure that there is a face; less where it is not."""


TWO_PASS_WEIGHTS, ONE_PASS_WEIGHTS = FusionWeights(2 / 3, 0.5), FusionWeights(1 / 2, 2.0)
"""Two sizes and a second opinion make the detector's answer the better one, above all in profiles, which the landmarker
often disbelieves: it sees them cut out by points that were poor. At one size the landmarker is what saw more pixels."""
FULL_SCORE_PX = 20.0
"""Height under which a picture's face counts for less, in proportion: among fewer pixels more things look like one."""
GROWTH = 1.2
"""How much higher than the detector's a face's box may turn out to be."""


def best_possible_score(detection: Detection, weights: FusionWeights) -> float:
    """The highest score that the landmarker can give a detection."""
    return float(detection.score**weights.score * min(1, GROWTH * detection.box[3] / FULL_SCORE_PX))


def fuse_scores(
    detections: Sequence[Detection], first: FloatArray, second: LandmarkBatch, weights: FusionWeights
) -> tuple[FloatArray, FloatArray]:
    """What both models say of each detection.

    Args:
        detections: `k` of them.
        first: `(k,)` face probability of the landmarker's first look.
        second: its second look.
        weights: how much either model counts.

    Returns:
        How sure they are that it is a face, 0..1, `(k,)`: the weighted geometric mean of the detector's score and
        of the landmarker's probability, itself the geometric mean of its two looks; less where the face is small. And
        boxes `(k, 4)` xywh px, the weighted mean of what either says, which errs less than both.
    """
    detected = np.array([one.score for one in detections], np.float32)
    boxes = np.array([one.box for one in detections], np.float32).reshape(-1, 4)
    belief = np.sqrt(first * second.presence)
    share = (weights.box * belief / (1 + weights.box * belief))[:, None]
    boxes = np.asarray(boxes + share * (second.box - boxes), np.float32)
    scores = detected**weights.score * belief ** (1 - weights.score) * np.minimum(1, boxes[:, 3] / FULL_SCORE_PX)
    return scores.astype(np.float32), boxes


def rescored(detection: Detection, score: float, box: FloatArray) -> Detection:
    """A detection after the detector's second answer: the geometric mean of its scores and the mean of its boxes."""
    score = float(np.sqrt(detection.score * max(score, MIN_RESCORE)))
    box = np.asarray((detection.box + box) / 2, np.float32) if np.isfinite(box).all() else detection.box
    return Detection(box, score, detection.points)
