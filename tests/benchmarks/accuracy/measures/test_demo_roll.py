"""Roll of the demo against its known turn."""

import numpy as np
import pytest
from fake_world import World, detection

from benchmarks.accuracy.measures.demo_roll import demo_roll, roll_errors, turn_degrees
from smile_edge.geometry.face_roi import average_box
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.models import Models
from smile_edge.sources.demo import LOOP_FRAMES, DemoSource, load_portrait
from smile_edge.topology import TOPOLOGY_49

FRAMES = 40


class Portrait:
    """A detector and a landmarker that know where the portrait is in every frame of the demo."""

    topology = TOPOLOGY_49
    threshold, candidate_threshold, native_px = 0.4, 0.2, 30.0

    def __init__(self) -> None:
        portrait, points = load_portrait()
        self.points = {portrait.tobytes(): points}
        for frame in DemoSource(FRAMES):
            self.points[frame.image.tobytes()] = TOPOLOGY_49.pick(frame.truth)[0]

    def detect(self, image):
        return [detection(self.points[image.tobytes()])]

    def detect_batch(self, images, *, threshold=None, thorough=False):
        return [self.detect(image) for image in images]

    def rescore(self, items):
        return np.full(len(items), 0.9, np.float32), np.full((len(items), 4), np.nan, np.float32)

    def landmarks(self, items, passes=1, flip_test=False):
        points = np.array([self.points[image.tobytes()] for image, _ in items], np.float32).reshape(-1, 49, 2)
        one = np.ones(points.shape[:2], np.float32)
        return LandmarkBatch(points, one, one[:, 0], average_box(TOPOLOGY_49.five_points(points)))


def test_the_roll_of_true_points_turns_with_the_portrait():
    model = Portrait()
    result = demo_roll(Models(model, model), FRAMES)
    assert result["frames"] == FRAMES
    assert result["raw"]["missed"] == result["smooth"]["missed"] == 0
    assert result["raw"]["roll_yaw_pitch"]["max"] < 0.02
    assert result["raw"]["roll_yaw_pitch"]["max"] <= result["smooth"]["roll_yaw_pitch"]["max"] < 3


def test_a_demo_in_which_nothing_is_found_has_no_figures():
    result = demo_roll(World(lambda index: []).models(), 5)
    assert result["upright"] is None
    assert result["smooth"] == {"missed": 5, "pitch_yaw_roll": None, "roll_yaw_pitch": None}


def test_the_demo_turns_clockwise_once_around():
    points = load_portrait()[1]
    turns = np.unwrap([turn_degrees(index, points) for index in range(LOOP_FRAMES + 1)], period=360)
    assert turns[[0, -1]] == pytest.approx([0, 360], abs=1e-3)


def test_errors_of_roll_wrap_and_leave_out_frames_without_a_face():
    errors = roll_errors(np.array([179, np.nan, 350, -1]), np.array([-179, 0, -10, 0]))
    assert errors == {"mean": 1.0, "max": 2.0}
    assert roll_errors(np.array([np.nan]), np.array([0])) is None
