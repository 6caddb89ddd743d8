"""The score from which a face counts: chosen on held-out scenes of training packs, never on evaluation data."""

from collections.abc import Sequence

import numpy as np

from smile_edge import FacePipeline
from train.data.samples import SceneSample
from train.evaluation.evaluate import detections_of
from train.evaluation.metrics import score_detections

__all__ = ["choose_threshold"]

CANDIDATE_SCORE = 0.05
SCORED_FROM_PX = 20
STEPS = np.arange(0.1, 0.9, 0.01)


def choose_threshold(pipeline: FacePipeline, scenes: Sequence[SceneSample], most_alarms: float) -> dict[str, float]:
    """The lowest threshold with at most `most_alarms` false alarms an image, and what it brings.

    Args:
        pipeline: looks at each scene as at a picture by itself.
        scenes: images with every face boxed.
        most_alarms: false alarms an image, faces under 20 px neither counted nor punished.

    Returns:
        `score_threshold`, `false_alarms` an image, `recall` of faces of at least 20 px.
    """
    detections = detections_of(pipeline, scenes, CANDIDATE_SCORE)
    truth = [(scene.boxes, scene.ignore) for scene in scenes]
    score, ranked, hits = score_detections(detections, truth, SCORED_FROM_PX)
    alarms = np.array([(~hits[ranked >= step]).sum() / len(scenes) for step in STEPS])
    fitting = np.flatnonzero(alarms <= most_alarms)
    index = int(fitting[0]) if len(fitting) else len(STEPS) - 1
    step = float(STEPS[index])
    return {
        "score_threshold": round(step, 2),
        "false_alarms": float(alarms[index]),
        "recall": float(hits[ranked >= step].sum() / max(score.faces, 1)),
    }
