"""Flicker, wander and lag, on points that are known."""

import numpy as np
import pytest
from fake_world import World, detection

from benchmarks.accuracy.clips import passing, still
from benchmarks.accuracy.jitter import flicker, jitter_results, lag_frames, wander
from smile_edge.geometry.face_roi import average_box
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.models import Models
from smile_edge.topology import TOPOLOGY_49


def test_points_that_follow_the_truth_do_not_flicker_wander_or_lag():
    clip = passing(60, 4)
    assert flicker(clip.truth + 3, clip.truth, clip.eyes_px) == pytest.approx(0, abs=1e-4)
    assert lag_frames(clip.truth + 3, clip.truth) == pytest.approx(0, abs=1e-3)
    assert wander(still(60, 1).truth, 60) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("frames", [1, 3])
def test_points_that_come_late_lag_by_as_many_frames(frames):
    truth = passing(60, 4).truth
    late = np.concatenate([truth[:frames], truth[:-frames]])
    assert lag_frames(late, truth) == pytest.approx(frames, abs=0.02)


class _Portrait:
    """A detector and a landmarker that know where the clip's face is, give or take a pixel."""

    topology = TOPOLOGY_49

    def __init__(self) -> None:
        self.rng = np.random.default_rng(2)
        self.truth = still(72, 0.1).truth[0]

    def detect(self, image):
        return [detection(self.truth)]

    def detect_batch(self, images, *, threshold=None, thorough=False):
        return [self.detect(image) for image in images]

    def landmarks(self, items, passes=1, flip_test=False):
        points = (self.truth + self.rng.normal(0, 1, (len(items), 49, 2))).astype(np.float32)
        one = np.ones((len(items), 49), np.float32)
        return LandmarkBatch(points, one, one[:, 0], average_box(TOPOLOGY_49.five_points(points)))


def test_smoothing_calms_a_still_face():
    model = _Portrait()
    clip = jitter_results(Models(model, model), seconds=2)[0]
    assert clip["kind"] == "still"
    assert clip["smooth"]["flicker"] < clip["raw"]["flicker"] / 3


def test_a_clip_without_a_face_has_no_figures():
    world = World(lambda index: [])
    assert all(clip["found"] == 0 and clip["raw"] is None for clip in jitter_results(world.models(), seconds=1))
