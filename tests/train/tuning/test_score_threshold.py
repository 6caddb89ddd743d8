"""The threshold is the lowest that keeps false alarms within the bound."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_world import face_of

from train.data.samples import SceneSample
from train.tuning.score_threshold import choose_threshold

FACE, NOTHING = np.array([10, 10, 40, 40], np.float32), np.array([90, 90, 30, 30], np.float32)


class Pipeline:
    """Finds the face at 0.6 and something else at 0.4."""

    threshold = 0.5

    def process(self, image):
        points = np.zeros((49, 2), np.float32)
        return SimpleNamespace(faces=[face_of(points, score=0.6, box=FACE), face_of(points, score=0.4, box=NOTHING)])


@pytest.fixture
def scenes(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((128, 128, 3), np.uint8))
    return [SceneSample(tmp_path / "a.png", FACE[None], "a", "pack", ignore=np.zeros(1, bool))]


def test_no_false_alarm_allowed_keeps_only_what_is_above_them(scenes):
    chosen = choose_threshold(Pipeline(), scenes, 0.0)
    assert chosen["score_threshold"] == pytest.approx(0.4, abs=0.011)
    assert chosen["false_alarms"] == 0
    assert chosen["recall"] == 1


def test_allowed_false_alarms_lower_the_threshold_to_the_least(scenes):
    assert choose_threshold(Pipeline(), scenes, 1.0)["score_threshold"] == pytest.approx(0.1)
