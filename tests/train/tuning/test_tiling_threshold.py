"""The gate is the highest score of a sign of a small face that loses no more than is allowed."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import train.tuning.tiling_threshold
from smile_edge.detection.detector import FaceDetector
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.testing import FakeSession
from train.data.samples import SceneSample
from train.errors import DataError
from train.tuning.tiling_threshold import choose_gate, gate_scenes

FACE = np.array([10, 10, 50, 50], np.float32)
PARAMETERS: dict[str, Any] = {
    "strides": [8],
    "long_side": 32,
    "image_long_sides": [32, 64],
    "score_threshold": 0.5,
    "candidate_threshold": 0.2,
    "nms_iou": 0.5,
}


@pytest.fixture
def pipeline():
    manifest = ModelManifest("detector", "", "detector.onnx", "0", 17, (), (), "five-points", "", PARAMETERS)
    detector = FaceDetector(manifest, FakeSession(lambda feeds: {}))
    return SimpleNamespace(models=SimpleNamespace(detector=detector))


def scene(box=FACE):
    return SceneSample(None, box[None], "a", "pack", ignore=np.zeros(1, bool))


def finding(monkeypatch, most, found=FACE):
    """Faces are found where signs of at most `most` get a closer look, which takes 100 pixels, fewer with the score."""

    def detections_of(pipeline, scenes, lowest):
        detector = pipeline.models.detector
        detector.session.run({"image": np.zeros((1, 3, 10, round(10 - 10 * detector.small_face_score)), np.float32)})
        boxes = found[None] if detector.small_face_score <= most else np.zeros((0, 4), np.float32)
        return [(boxes, np.full(len(boxes), 0.9, np.float32)) for _ in scenes]

    monkeypatch.setattr(train.tuning.tiling_threshold, "detections_of", detections_of)


@pytest.mark.parametrize(("most", "chosen"), [(1, 0.25), (0.1, 0.1), (0, 0)])
def test_the_highest_score_that_loses_nothing_is_chosen(monkeypatch, pipeline, most, chosen):
    finding(monkeypatch, most)
    session = pipeline.models.detector.session

    report = choose_gate(pipeline, [scene()], 36, 0.002)

    assert report["small_face_score"] == chosen
    assert report["ap20"] == report["ap40"] == report["ap20_everywhere"] == 1
    assert report["pixels"] == pytest.approx(1 - chosen, abs=0.051)
    assert pipeline.models.detector.session is session
    assert pipeline.models.detector.small_face_score == 0


def test_what_may_be_lost_is_lost(monkeypatch, pipeline):
    finding(monkeypatch, 0)

    report = choose_gate(pipeline, [scene()], 36, 1.0)

    assert (report["small_face_score"], report["ap20"]) == (0.25, 0)


def test_scenes_without_large_faces_are_refused(monkeypatch, pipeline):
    finding(monkeypatch, 1)

    with pytest.raises(DataError, match="40 px"):
        choose_gate(pipeline, [scene(FACE / 2)], 36, 0.002)


def test_all_held_out_scenes_come_and_training_scenes_up_to_the_number(monkeypatch):
    scenes = [SceneSample(None, FACE[None], str(index), "pack") for index in range(100)]
    monkeypatch.setattr(train.tuning.tiling_threshold, "scenes_of_people", lambda folders: scenes)
    held = train.tuning.tiling_threshold.split_scenes(scenes)[1]

    assert 0 < len(held) < 20
    assert gate_scenes([], 1) == held
    assert len({sample.group for sample in gate_scenes([], 30)}) == 30
    assert len(gate_scenes([], 1000)) == 100
