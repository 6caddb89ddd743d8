"""Detection in scenes: thresholds, average precision, false alarms."""

from types import SimpleNamespace

import cv2
import numpy as np

from benchmarks.accuracy.detection import scene_results
from benchmarks.accuracy.peers import Peer, PeerFaces
from benchmarks.reporting.systems import ONE_LOOK, OURS
from smile_edge.detection.detector import FaceDetector
from train.data.samples import SceneSample


def test_detection_counts_ours_at_the_shipped_threshold_and_a_peer_as_delivered(tmp_path):
    box = np.array([[50, 50, 60, 60]], np.float32)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((200, 200, 3), np.uint8))
    sample = SceneSample(tmp_path / "a.png", box, "a", "pack", ignore=np.zeros(1, bool))
    found = [SimpleNamespace(box=box[0], score=0.9), SimpleNamespace(box=box[0] + 100, score=0.3)]
    detector = FaceDetector.__new__(FaceDetector)
    detector.long_side, detector.image_long_sides = 320, (320, 640)

    def pipeline(faces, fast, threshold):
        models = SimpleNamespace(detector=detector)
        return SimpleNamespace(
            models=models, process=lambda image: SimpleNamespace(faces=faces), fast=fast, threshold=threshold
        )

    pipelines = {OURS: pipeline(found, False, 0.5), ONE_LOOK: pipeline(found[1:], True, 0.2)}
    unscored = Peer("mute", {"a.png": PeerFaces(box, np.array([np.nan]), np.zeros((1, 5, 2)))})
    results = scene_results(pipelines, tmp_path, [sample], [unscored])
    ours, mute = results["systems"][OURS]["40"], results["systems"]["mute"]["40"]
    assert (ours["ap"], ours["recall"], ours["false_alarms"]) == (1, 1, 0)
    assert ours["curve"] == [[1, 1]]
    assert results["systems"][ONE_LOOK]["40"]["ap"] == 0
    assert [ours["ap_coco"], mute["ap_coco"]] == [1, None]
    assert results["systems"][ONE_LOOK]["40"]["false_alarms"] == 1
    assert [results["systems"][name].get("threshold") for name in (OURS, ONE_LOOK, "mute")] == [0.5, 0.2, None]
    assert results["long_sides"] == {OURS: [320, 640], ONE_LOOK: [320]}
    assert (mute["ap"], mute["precision"]) == (None, 1)
