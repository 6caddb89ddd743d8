"""The threshold is the lowest that keeps false alarms within the bound."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from smile_edge.records import Face
from train.data.samples import SceneSample
from train.tuning.score_threshold import choose_threshold

FACE, NOTHING = np.array([10, 10, 40, 40], np.float32), np.array([90, 90, 30, 30], np.float32)


class Pipeline:
    """Finds the face at 0.6 and something else at 0.4."""

    threshold = 0.5

    def process(self, image):
        points, sigma = np.zeros((49, 2)), np.zeros(49)
        return SimpleNamespace(faces=[Face(points, sigma, 0.6, FACE), Face(points, sigma, 0.4, NOTHING)])


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
