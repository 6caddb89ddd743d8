"""Faces left out by score, size and place: of pictures, of streams, and where a picture was reduced."""

from dataclasses import replace

import numpy as np
import pytest
from fake_world import World, face_of, face_points

from smile_edge.errors import UsageError
from smile_edge.geometry.face_roi import average_box
from smile_edge.pipeline import FacePipeline, StreamGroup
from smile_edge.pipeline.face_filter import FaceFilter
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49

SMALL, LARGE = face_points(x=60, y=80, size=20), face_points(x=220, y=120, size=40)
SIZES = [float(average_box(TOPOLOGY_49.five_points(points))[2:].max()) for points in (SMALL, LARGE)]
KINDS = pytest.mark.parametrize("kind", ["picture", "fast", "stream", "streams"])


def found(kind: str, **options: object) -> list[float]:
    """The middles (x) of the faces that are told of."""
    world = World(lambda index: [SMALL, LARGE])
    if kind == "streams":
        group = StreamGroup(1, world.models(), **options)
        (result,) = group.process([(0, world.frame(0))])
    else:
        pipeline = FacePipeline(world.models(), fast=kind == "fast", **options)
        result = pipeline.process(world.frame(0) if kind == "stream" else world.frame(0).image)
    return sorted(round(float(face.box[0] + face.box[2] / 2), -1) for face in result.faces)


@KINDS
def test_without_filters_all_faces_are_told_of(kind: str) -> None:
    assert found(kind) == [60, 220]


@KINDS
def test_a_face_below_the_least_size_is_left_out(kind: str) -> None:
    assert found(kind, min_size=sum(SIZES) / 2) == [220]
    assert found(kind, min_size=SIZES[0] - 0.1) == [60, 220]
    assert found(kind, min_size=SIZES[1] + 0.1) == []


@KINDS
def test_a_face_whose_middle_lies_beside_the_rectangle_is_left_out(kind: str) -> None:
    assert found(kind, roi=(0, 0, 100, 240)) == [60]
    assert found(kind, roi=(100, 0, 220, 240)) == [220]
    assert found(kind, roi=(0, 200, 320, 40)) == []


@KINDS
def test_what_is_left_out_takes_no_place_of_the_most_faces(kind: str) -> None:
    assert found(kind, max_faces=1, roi=(100, 0, 220, 240)) == [220]


@KINDS
def test_a_face_below_the_least_score_is_left_out(kind: str) -> None:
    assert found(kind, min_score=0.99) == []
    assert found(kind, min_score=0.3) == [60, 220]


@pytest.mark.parametrize("fast", [False, True])
def test_a_low_score_finds_what_the_threshold_hides_and_leaves_shared_models_as_they_are(fast: bool) -> None:
    world = World(lambda index: [LARGE])
    world.threshold = world.stream_threshold = world.second_score = 0.999
    models = world.models()

    assert not FacePipeline(models, fast=fast).process(world.frame(0).image).faces
    assert FacePipeline(models, fast=fast, min_score=0.2).process(world.frame(0).image).faces
    assert world.threshold == world.stream_threshold == 0.999


def test_a_stream_takes_new_faces_from_the_least_score_on() -> None:
    world = World(lambda index: [LARGE])
    world._look = lambda image, five: (LARGE, 0.6)  # type: ignore[method-assign]

    assert not FacePipeline(world.models()).process(world.frame(0)).faces
    assert FacePipeline(world.models(), min_score=0.5).process(world.frame(0)).faces


def test_a_threshold_that_is_set_later_takes_the_place_of_the_least_score() -> None:
    pipeline = FacePipeline(World(lambda index: [LARGE]).models(), min_score=0.2)
    assert pipeline.threshold == 0.2

    pipeline.threshold = 0.7

    assert pipeline.threshold == 0.7


def test_size_and_place_are_those_of_the_whole_picture() -> None:
    world = World(lambda index: [LARGE])
    frame = world.frame(0)

    def told(factor: int, **options: object) -> int:
        pipeline = FacePipeline(world.models(), **options)
        return len(pipeline.process_batch([frame], reductions=[factor])[0].faces)

    assert [told(factor, min_size=SIZES[1] + 1) for factor in (1, 2)] == [0, 1]
    assert [told(factor, roi=(400, 0, 300, 300)) for factor in (1, 2)] == [0, 1]


def test_the_edges_of_the_rectangle_belong_to_it_on_the_left_and_top_only() -> None:
    face = face_of(LARGE, box=np.array([90, 90, 20, 20], np.float32))
    moved: list[Face] = [replace(face, box=face.box + np.float32([x, y, 0, 0])) for x, y in ((0, 0), (50, 0), (0, 50))]

    assert [FaceFilter(roi=(100, 100, 50, 50)).passes(one) for one in moved] == [True, False, False]


@pytest.mark.parametrize(
    "options",
    [
        {"min_score": 1.1},
        {"min_score": float("nan")},
        {"min_score": True},
        {"min_size": -1},
        {"min_size": "60"},
        {"roi": (0, 0, 10)},
        {"roi": (0, 0, 0, 10)},
        {"roi": (-1, 0, 10, 10)},
        {"roi": (0, 0, float("inf"), 10)},
        {"roi": "0,0,10,10"},
        {"roi": 5},
    ],
)
def test_a_filter_that_cannot_be_is_named(options: dict[str, object]) -> None:
    (name,) = options
    with pytest.raises(UsageError, match=f"{name} must"):
        FacePipeline(World(lambda index: []).models(), **options)
