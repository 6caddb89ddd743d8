"""Heads to hide: more than what is reported."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fake_world import World, detection, face_of, face_points

from smile_edge.errors import UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.head_finder import HeadFinder
from smile_edge.records import Detection
from smile_edge.types import Image


class Scores(World):
    """A detector that finds one face at each of some scores, and honours the threshold."""

    def __init__(self, found: Sequence[tuple[float, float]]) -> None:
        """Args:
        found: score and size px of each face.
        """
        super().__init__(lambda index: [])
        self.found = [
            detection(face_points(60 + 80 * (k % 7), 60 + 80 * (k // 7), size / 2.4), score)
            for k, (score, size) in enumerate(found)
        ]

    def detect_batch(
        self, images: Sequence[Image], *, threshold: float | None = None, thorough: bool = False
    ) -> list[list[Detection]]:
        assert threshold is not None
        assert thorough
        return [[one for one in self.found if one.score >= threshold] for _ in images]


IMAGE = np.zeros((480, 640, 3), np.uint8)


def test_a_head_is_hidden_from_a_score_of_its_own_on() -> None:
    world = Scores([(0.3, 30), (0.12, 30), (0.08, 30)])
    assert len(HeadFinder(world).find(IMAGE)) == 2
    assert len(HeadFinder(world, 0.2).find(IMAGE)) == 1


def test_a_large_head_needs_more_and_at_most_four_times_as_much() -> None:
    assert len(HeadFinder(Scores([(0.12, 160)])).find(IMAGE)) == 0
    assert len(HeadFinder(Scores([(0.25, 160), (0.25, 400)])).find(IMAGE)) == 1
    assert len(HeadFinder(Scores([(0.4, 400), (0.4, 600)])).find(IMAGE)) == 2
    larger_picture = np.zeros((1920, 2560, 3), np.uint8)
    assert len(HeadFinder(Scores([(0.12, 160)])).find(larger_picture)) == 1


def test_a_reported_face_is_hidden_although_the_detector_misses_it() -> None:
    assert len(HeadFinder(Scores([])).find(IMAGE, [face_of(face_points())])) == 1


def test_a_face_that_the_landmark_model_disbelieves_is_hidden() -> None:
    world = World(lambda index: [face_points(160, 120, 20)])
    disbelieving = World(lambda index: [])
    world.landmarks = disbelieving.landmarks  # type: ignore[method-assign]
    frame = world.frame(0)
    result = FacePipeline(world.models()).process(frame)
    assert result.faces == ()
    hidden = HeadFinder(world).hidden(replace(frame, image=frame.image + np.uint8(0)), result, "fill")
    assert hidden.image[120, 160].any()


@pytest.mark.parametrize("score", [0, 1, -0.1, float("nan")])
def test_a_score_that_cannot_be_is_told(score: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        HeadFinder(Scores([]), score)
