"""Faces of independent images: candidates, passes, scores of both models."""

from dataclasses import replace

import numpy as np
import pytest
from fake_world import World, detection, face_of, face_points

from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.still_images import select_faces


def _verdict(detected: float, believed: float) -> float:
    """What both models say of a picture's face after several looks: the detector counts twice."""
    return float((detected**2 * believed) ** (1 / 3))


@pytest.mark.parametrize(("score", "height", "looks"), [(0.26, 60, 1), (0.25, 60, 0), (0.9, 8, 1), (0.9, 6, 0)])
def test_a_detection_that_the_landmarker_cannot_save_is_not_looked_at(score: float, height: float, looks: int) -> None:
    world = World(lambda index: [face_points()])
    found = detection(face_points(), score)
    world.detect = lambda image: [replace(found, box=np.array([70, 70, height, height]))]  # type: ignore[method-assign]

    FacePipeline(world.models()).process(world.frame(0).image)

    assert world.batches[0] == (looks, 1)


def test_a_face_of_few_pixels_counts_for_less() -> None:
    size = 4.0
    world = World(lambda index: [face_points(size=size)])
    pipeline = FacePipeline(world.models())
    pipeline.models.detector.threshold = 0.1

    (face,) = pipeline.process(world.frame(0).image).faces

    assert face.box[3] < 15
    assert face.score == pytest.approx(_verdict(0.9, 0.95) * face.box[3] / 20, rel=1e-5)


def test_a_candidate_that_the_landmarker_does_not_believe_gets_no_second_look() -> None:
    world = World(lambda index: [face_points()])
    world.threshold = 0.5
    world.detect = lambda image: [detection(face_points()), detection(face_points(x=250), 0.95)]  # type: ignore[method-assign]

    (face,) = FacePipeline(world.models()).process(world.frame(0).image).faces

    assert world.batches == [(2, 1), (1, 1), (1, 1)]  # both, the one that is none upside down, the one that is
    assert face.score == pytest.approx(_verdict(0.9, 0.95))


@pytest.mark.parametrize(("second", "expected"), [(0.9, 0.45**0.5), (0.2, 0.1**0.5)])
def test_of_a_doubtful_face_the_detector_is_asked_again(second: float, expected: float) -> None:
    world = World(lambda index: [face_points()])
    world.detect = lambda image: [detection(face_points(), 0.5)]  # type: ignore[method-assign]
    world.second_score = second

    (face,) = FacePipeline(world.models()).process(world.frame(0).image).faces

    assert world.looked_again == 1
    assert face.score == pytest.approx(_verdict(expected, 0.95))


def test_of_a_sure_face_it_is_not() -> None:
    world = World(lambda index: [face_points()])

    FacePipeline(world.models()).process(world.frame(0).image)

    assert world.looked_again == 0


@pytest.mark.parametrize("fast", [False, True])
def test_a_fast_pipeline_looks_at_a_picture_once_and_at_doubtful_faces_no_more(fast: bool) -> None:
    world = World(lambda index: [face_points()])
    world.detect = lambda image: [detection(face_points(), 0.5)]  # type: ignore[method-assign]

    (face,) = FacePipeline(world.models(), fast=fast).process(world.frame(0).image).faces

    assert (world.thorough_looks, world.looked_again) == ((0, 0) if fast else (1, 1))
    assert world.batches == ([(1, 1)] if fast else [(1, 1), (1, 1)])
    if fast:  # both models count the same
        assert face.score == pytest.approx(np.sqrt(0.5 * 0.95))


def test_two_detections_that_lead_to_one_face_are_one_face() -> None:
    world = World(lambda index: [face_points(), face_points(x=102)])

    assert len(FacePipeline(world.models()).process(world.frame(0).image).faces) == 1


@pytest.mark.parametrize(("apart_px", "faces"), [(45, 1), (50, 2)])  # overlaps of 0.38 and 0.33
def test_cheek_to_cheek_are_two_faces_unless_more_than_a_third_is_shared(apart_px: float, faces: int) -> None:
    box = np.float32([60, 40, 100, 120])
    one = face_of(face_points(), score=0.9, box=box)
    other = face_of(face_points(x=100 + apart_px), score=0.8, box=box + np.float32([apart_px, 0, 0, 0]))

    kept = select_faces([other, one], threshold=0.5, most=None)

    assert [face.score for face in kept] == [0.9, 0.8][:faces]
