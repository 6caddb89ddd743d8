"""Where pictures get a closer look: chosen on scenes of training packs, never on evaluation data."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smile_edge import FacePipeline
from smile_edge.detection.detector import FaceDetector
from smile_edge.runtime.protocol import Session
from smile_edge.types import Array
from train.data.samples import SceneSample
from train.data.scenes import scenes_of_people, split_scenes
from train.errors import DataError
from train.evaluation.evaluate import EVALUATED_FROM_SCORE, detections_of
from train.evaluation.metrics import score_detections

__all__ = ["choose_gate", "gate_scenes"]

SCORED_FROM_PX = (20, 40)
STEPS = (0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04)
"""Scores of a sign of a small face, from the fewest closer looks on."""


class _Counted:
    """A session that counts the pixels it is shown."""

    def __init__(self, session: Session) -> None:
        self.session, self.pixels = session, 0

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        self.pixels += sum(feed[:, 0].size for feed in feeds.values())
        return self.session.run(feeds)

    def kept(self, feeds: Mapping[str, Array]) -> Callable[[], Mapping[str, Array]]:
        return lambda: self.run(feeds)


def gate_scenes(folders: Sequence[Path], most: int) -> list[SceneSample]:
    """Every held-out scene with all faces boxed by people, and training scenes, evenly from all packs, up to `most`.

    Raises:
        DataError: none of the packs is in WIDER format.
    """
    train, held = split_scenes(scenes_of_people(folders))
    count = min(max(0, most - len(held)), len(train))
    return held + [train[int(k)] for k in np.linspace(0, len(train) - 1, count)]


def choose_gate(
    pipeline: FacePipeline, scenes: Sequence[SceneSample], small_px: float, most_lost: float
) -> dict[str, float]:
    """The highest score of a sign of a small face that loses at most `most_lost` of the average precision.

    What is compared: pictures that get their closer looks everywhere, and only around the signs.

    Args:
        pipeline: looks at each scene as at a picture by itself.
        scenes: images with every face boxed.
        small_px: size of a small face in the first look, px.
        most_lost: 0..1, for faces from 20 px on as for those from 40 px on.

    Returns:
        `small_face_px`, `small_face_score` (0: everywhere, nothing less would do), the average precisions `ap20`,
        `ap40` with it and `ap20_everywhere`, `ap40_everywhere` without, and `pixels`, the share that is looked at.

    Raises:
        DataError: no scene has a face that counts.
    """
    detector = pipeline.models.detector
    assert isinstance(detector, FaceDetector)
    session, shipped = detector.session, (detector.small_face_px, detector.small_face_score)
    try:
        detector.small_face_px, detector.small_face_score = small_px, 0.0
        everywhere, all_pixels = _measured(pipeline, detector, scenes)
        if np.isnan(everywhere).any():
            raise DataError(f"no scene of --data has a face of {max(SCORED_FROM_PX)} px or more: pass others")
        chosen, found, pixels = 0.0, everywhere, all_pixels
        for step in STEPS:
            detector.small_face_score = step
            precision, seen = _measured(pipeline, detector, scenes)
            if (everywhere - precision <= most_lost).all():
                chosen, found, pixels = step, precision, seen
                break
    finally:
        detector.session, (detector.small_face_px, detector.small_face_score) = session, shipped
    report: dict[str, Any] = {"small_face_px": small_px, "small_face_score": chosen, "pixels": pixels / all_pixels}
    for index, size in enumerate(SCORED_FROM_PX):
        report |= {f"ap{size}": float(found[index]), f"ap{size}_everywhere": float(everywhere[index])}
    return report


def _measured(pipeline: FacePipeline, detector: FaceDetector, scenes: Sequence[SceneSample]) -> tuple[np.ndarray, int]:
    """Average precision from each of `SCORED_FROM_PX` on, `(2,)`, and the pixels that the detector looked at."""
    session = detector.session
    detector.session = counted = _Counted(session)
    try:
        detections = detections_of(pipeline, scenes, EVALUATED_FROM_SCORE)
    finally:
        detector.session = session
    truth = [(scene.boxes, scene.ignore) for scene in scenes]
    scores = [score_detections(detections, truth, size)[0].average_precision for size in SCORED_FROM_PX]
    return np.array(scores), counted.pixels
