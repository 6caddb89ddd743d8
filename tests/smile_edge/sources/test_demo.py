"""The built-in source: deterministic, and its truth is the truth."""

import threading

import cv2
import numpy as np
import pytest

from smile_edge.geometry.affine import invert_affine
from smile_edge.geometry.face_roi import face_roi
from smile_edge.sources import open_source
from smile_edge.sources.demo import LOOP_FRAMES, load_portrait, path_matrix
from smile_edge.topology import TOPOLOGY_49


def test_frames_have_the_stated_size_rate_and_truth() -> None:
    with open_source("demo?frames=4") as demo:
        frames = list(demo)
    assert (demo.name, demo.live, demo.fps, demo.length) == ("demo", False, 30.0, 4)
    assert [frame.time_s for frame in frames] == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30])
    for frame in frames:
        assert (frame.image.shape, frame.image.dtype) == ((480, 640, 3), np.uint8)
        assert frame.truth is not None
        assert (frame.truth.shape, frame.truth.dtype) == ((1, 70, 2), np.float32)


def test_two_runs_are_the_same() -> None:
    with open_source("demo?frames=5") as first, open_source("demo") as second:
        for a, b in zip(first, second, strict=False):
            assert np.array_equal(a.image, b.image)


def test_the_portrait_lies_where_the_truth_says() -> None:
    portrait, points = load_portrait()
    face = (slice(70, 170), slice(90, 190))
    with open_source("demo?frames=120") as demo:
        for frame in demo:
            if frame.index % 40 == 0:
                back = invert_affine(path_matrix(frame.index, points))
                warped = cv2.warpAffine(frame.image, back, portrait.shape[1::-1], flags=cv2.INTER_LINEAR)
                assert np.abs(warped[face].astype(int) - portrait[face]).mean() < 8


def test_the_path_turns_through_the_full_circle_and_never_leaves_the_picture() -> None:
    _, points = load_portrait()
    matrices = np.stack([path_matrix(index, points) for index in range(LOOP_FRAMES)])
    truth = points @ np.swapaxes(matrices[:, :, :2], 1, 2) + matrices[:, None, :, 2]
    assert truth.min() > 20
    assert (truth.max((0, 1)) < (620, 460)).all()
    angles = np.degrees(face_roi(TOPOLOGY_49.five_points(truth))[2])
    assert set(np.floor(angles / 45).astype(int)) == set(range(-4, 4))
    assert np.allclose(matrices[0], path_matrix(LOOP_FRAMES, points), atol=1e-3)


def test_a_mirrored_truth_keeps_the_subjects_left_and_right() -> None:
    with open_source("demo?frames=1") as plain, open_source("demo?frames=1", mirror=True) as flipped:
        straight, mirrored = next(plain).truth, next(flipped).truth
    assert straight is not None
    assert mirrored is not None
    assert np.allclose(mirrored[0, 17], (639 - straight[0, 17, 0], straight[0, 17, 1]))


def test_the_reference_points_sit_in_the_order_of_the_topology() -> None:
    portrait, points = load_portrait()
    assert points.shape == (49, 2)
    assert points.min() > 0
    assert points.max() < min(portrait.shape[:2])
    five = TOPOLOGY_49.five_points(points)
    assert five[0, 0] < five[2, 0] < five[1, 0]  # an upright face: its right eye is at the image's left
    assert five[:2, 1].max() < five[2, 1] < five[3:, 1].min()
    mirrored = TOPOLOGY_49.mirrored(points, 280)
    centred = mirrored - mirrored.mean(0), points - points.mean(0)
    assert np.abs(centred[0] - centred[1]).max() < 8  # a wrong order would be tens of pixels off


def test_the_paced_demo_is_a_live_source() -> None:
    with open_source("demo?frames=6&live=1") as demo:
        frames = list(demo)
    assert demo.live
    assert all(frame.captured_s is not None for frame in frames)
    assert frames[-1].index == 5
    assert len(frames) + frames[-1].dropped == 6
    assert not [thread for thread in threading.enumerate() if thread.name == "capture demo"]
