"""The fits measure as the runtime does, and its shipped constants have the shape that the fits give."""

import numpy as np
import pytest

from smile_edge.measures.constants import constants
from smile_edge.measures.measure import measure_faces
from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import own_frame
from train.measures import readout
from train.measures.pose.rotations import about_z, yaw_pitch_roll

NAMES = (
    *("pose_hidden", "pose_hidden_bias", "pose_skip", "pose_out", "pose_out_bias", "pose_pupils", "pose_between_eyes"),
    *("blink_eye", "blink_eye_bias", "blink_vectors", "blink_open", "blink_starts", "blink_closed"),
    *("mouth_shut", "mouth_wide", "smile_weights", "smile_bias"),
)


@pytest.fixture(scope="module")
def points(make_faces):
    return make_faces(40).points


@pytest.fixture(scope="module")
def shipped():
    return {name: constants(name) for name in NAMES}


@pytest.fixture(scope="module")
def measured(points):
    inner = np.ascontiguousarray(points, np.float32)
    return measure_faces(inner, TOPOLOGY_49.five_points(inner))


def test_pose_is_the_runtimes(points, shipped, measured):
    upright = readout.read_poses(shipped, points).upright
    angles = yaw_pitch_roll(about_z(-own_frame(points).angle) @ upright)
    np.testing.assert_allclose(angles, [face.pose for face in measured], atol=0.05)


def test_blinks_are_the_runtimes(points, shipped, measured):
    poses = readout.read_poses(shipped, points)
    found = readout.blink(shipped, readout.openness(shipped, points, poses))
    np.testing.assert_allclose(found, [face.blink for face in measured], atol=5e-3)


def test_mouths_are_the_runtimes(points, shipped, measured):
    gap = readout.mouth_gap(points, readout.read_poses(shipped, points))
    found = np.clip((gap - shipped["mouth_shut"]) / (shipped["mouth_wide"] - shipped["mouth_shut"]), 0, 1)
    np.testing.assert_allclose(found, [face.mouth_open for face in measured], atol=5e-3)


def test_smiles_are_the_runtimes(points, shipped, measured):
    found = 1 / (1 + np.exp(-readout.smile_logit(shipped, points)))
    np.testing.assert_allclose(found, [face.smile for face in measured], atol=5e-3)
