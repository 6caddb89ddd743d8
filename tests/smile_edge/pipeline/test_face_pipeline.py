"""The order of detector, landmarker, tracker and smoother, over a world that is known."""

import time
from dataclasses import replace

import numpy as np
import pytest
from fake_world import ExpressiveWorld, World, detection, face_points

from smile_edge.errors import ImageError, UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.records import Face, Frame
from smile_edge.topology import TOPOLOGY_70


def _still(index: int) -> list[np.ndarray]:
    return [face_points(x=80), face_points(x=220, degrees=90)]


def _moving(index: int) -> list[np.ndarray]:
    return [face_points(x=60 + 2 * index, degrees=3 * index)]


def test_a_bare_image_is_looked_at_by_itself_twice_in_one_batch() -> None:
    world = World(_still)
    pipeline = FacePipeline(world.models())

    for _ in range(2):
        result = pipeline.process(world.frame(0).image)

        assert [face.id for face in result.faces] == [0, 1]
        np.testing.assert_array_equal(result.faces[1].inner_points(), _still(0)[1])
        assert result.faces[1].pose.roll == pytest.approx(90, abs=1)
    assert world.detector_calls == 2
    assert world.batches == [(2, 1)] * 4


def test_a_batch_of_images_shares_one_landmark_batch_and_keeps_their_order() -> None:
    world = World(lambda index: _still(0)[:index])
    frames = [world.frame(index) for index in (2, 0, 1)]

    results = FacePipeline(world.models()).process_batch(frames)

    assert [len(result.faces) for result in results] == [2, 0, 1]
    assert [result.frame for result in results] == [2, 0, 1]
    assert world.batches == [(3, 1), (3, 1)]


@pytest.mark.parametrize(("fast", "faces"), [(False, 1), (True, 2)])
def test_a_fast_pipeline_has_the_threshold_of_streams(fast: bool, faces: int) -> None:
    world = World(_still)
    world.threshold, world.stream_threshold, world.second_score = 0.9, 0.8, 0.8
    pipeline = FacePipeline(world.models(), fast=fast)

    assert pipeline.threshold == (0.8 if fast else 0.9)
    assert len(pipeline.process(world.frame(0).image).faces) == faces

    pipeline.threshold = 0.99
    assert not pipeline.process(world.frame(0).image).faces
    assert (world.threshold, world.stream_threshold) == ((0.9, 0.99) if fast else (0.99, 0.8))


@pytest.mark.parametrize("kind", ["picture", "picture, fast", "stream"])
def test_a_face_that_the_detector_took_for_one_upside_down_is_found(kind: str) -> None:
    world = World(lambda index: [face_points(degrees=20)])
    inverted = detection(face_points(degrees=200))
    world.detect = lambda image: [inverted]  # type: ignore[method-assign]
    looks = world._look
    world._look = lambda image, five: looks(image, five) if five[0, 0] < five[1, 0] else (face_points(), 0.1)  # type: ignore[method-assign]
    pipeline = FacePipeline(world.models(), fast="fast" in kind)

    frame = world.frame(0)
    (face,) = pipeline.process(frame if kind == "stream" else frame.image).faces

    np.testing.assert_array_equal(face.inner_points(), face_points(degrees=20))


def test_a_stream_detects_once_and_then_follows() -> None:
    world = World(_moving)
    pipeline = FacePipeline(world.models(), smooth=False, detect_every=100)

    results = [pipeline.process(world.frame(index)) for index in range(30)]

    assert world.detector_calls == 1
    assert world.batches[-1] == (1, 1)
    for index, result in enumerate(results):
        assert [face.id for face in result.faces] == [0]
        np.testing.assert_array_equal(result.faces[0].inner_points(), _moving(index)[0])


def test_new_faces_are_found_every_n_frames() -> None:
    world = World(lambda index: _still(0)[: 1 + (index >= 3)])
    pipeline = FacePipeline(world.models(), detect_every=5)

    counts = [len(pipeline.process(world.frame(index)).faces) for index in range(7)]

    assert counts == [1, 1, 1, 1, 1, 2, 2]
    assert world.detector_calls == 2


def test_a_face_hidden_for_half_a_second_keeps_its_id() -> None:
    world = World(_still)
    world.hidden = lambda index: 10 <= index < 25
    pipeline = FacePipeline(world.models())

    ids = [[face.id for face in pipeline.process(world.frame(index)).faces] for index in range(30)]

    assert ids[9] == ids[25] == [0, 1]
    assert ids[10:25] == [[]] * 15


def test_a_face_comes_back_before_the_detector_knows_it_again() -> None:
    world = World(_still)
    world.hidden = lambda index: index == 5
    world.undetected = lambda index: index > 0
    pipeline = FacePipeline(world.models())

    ids = [[face.id for face in pipeline.process(world.frame(index)).faces] for index in range(8)]

    assert ids[5:7] == [[], [0, 1]]


def test_smoothing_calms_the_points_and_the_next_crop_is_cut_from_the_raw_ones() -> None:
    rng = np.random.default_rng(0)
    shapes = [face_points() + rng.normal(scale=0.5, size=(49, 2)).astype(np.float32) for _ in range(60)]
    world = World(lambda index: [shapes[index]])
    pipeline = FacePipeline(world.models())

    points = np.stack([pipeline.process(world.frame(index)).faces[0].inner_points() for index in range(60)])

    assert np.diff(points[20:], axis=0).std() < np.diff(np.stack(shapes)[20:], axis=0).std() / 3
    np.testing.assert_array_equal(pipeline.tracker.tracks[0].points, shapes[-1])


@pytest.mark.parametrize("change", [{"source": "another"}, {"time_s": -1.0}], ids=["source", "time"])
def test_another_source_or_a_time_that_runs_back_starts_a_new_stream(change: dict[str, object]) -> None:
    world = World(lambda index: [face_points(x=80 if index == 0 else 220)])
    pipeline = FacePipeline(world.models())
    pipeline.process(world.frame(0))

    result = pipeline.process(replace(world.frame(1), **change))

    assert [face.id for face in result.faces] == [0]


@pytest.mark.parametrize("change", ["gap", "size"])
def test_after_a_gap_or_with_another_size_tracks_start_anew_and_no_id_comes_again(change: str) -> None:
    world = World(_still)
    pipeline = FacePipeline(world.models())
    frames = [world.frame(index) for index in range(6)]
    if change == "gap":
        frames[2], frames[4] = replace(frames[2], gap_s=0.4), replace(frames[4], gap_s=0.1)
    else:
        frames[2:4] = [replace(frame, image=np.pad(frame.image, ((0, 9), (0, 9), (0, 0)))) for frame in frames[2:4]]

    results = [pipeline.process(frame) for frame in frames]

    assert [[face.id for face in result.faces] for result in results] == [
        [0, 1],
        [0, 1],
        [2, 3],
        [2, 3],
        [4, 5],
        [4, 5],
    ]
    assert world.detector_calls == 3
    assert [result.gap_s for result in results] == [frame.gap_s for frame in frames]
    assert [result.width for result in results] == [frame.image.shape[1] for frame in frames]


def test_max_faces_keeps_the_best_detection() -> None:
    world = World(_still)
    pipeline = FacePipeline(world.models(), max_faces=1)

    alone, tracked = pipeline.process(world.frame(0).image), pipeline.process(world.frame(0))

    for result in (alone, tracked):
        assert len(result.faces) == 1
        assert result.faces[0].nose[0] == pytest.approx(80)


def test_a_live_frame_gets_its_age_and_a_file_frame_none() -> None:
    world = World(_still)
    pipeline = FacePipeline(world.models())
    live = replace(world.frame(0), captured_s=time.monotonic() - 0.05, dropped=7)

    result = pipeline.process(live)

    assert result.age_ms is not None
    assert 50 <= result.age_ms < 5000
    assert result.dropped == 7
    assert pipeline.process(world.frame(1)).age_ms is None


def test_the_observer_hears_of_every_stage() -> None:
    world = World(_still)
    pipeline = FacePipeline(world.models())
    heard: dict[str, float] = {}
    pipeline.observer = heard.__setitem__

    pipeline.process(world.frame(0))

    assert set(heard) == {"detector", "landmarks", "track", "smooth"}
    assert min(heard.values()) >= 0


@pytest.mark.parametrize(
    "image",
    [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32)],
    ids=["zero size", "grey", "float"],
)
def test_what_is_not_an_image_is_refused(image: np.ndarray) -> None:
    pipeline = FacePipeline(World(_still).models())

    with pytest.raises(ImageError, match="image"):
        pipeline.process(image)
    with pytest.raises(ImageError, match="image"):
        pipeline.process(Frame(image))


def test_counts_below_one_are_refused_before_any_model_is_opened() -> None:
    with pytest.raises(UsageError, match="max_faces"):
        FacePipeline("no/such/folder", max_faces=0)


@pytest.mark.parametrize("image", [None, "photo.jpg", [[1, 2, 3]]])
def test_what_is_no_array_is_an_image_error(image: object) -> None:
    pipeline = FacePipeline(World(_still).models())
    for wanted in (lambda: pipeline.process(image), lambda: pipeline.process_batch([image])):  # type: ignore[arg-type,list-item]
        with pytest.raises(ImageError, match=f"Received: {type(image).__name__}"):
            wanted()


def test_a_batch_may_be_bare_arrays() -> None:
    world = World(_still)

    results = FacePipeline(world.models()).process_batch([world.frame(0).image] * 2)

    assert [(result.frame, len(result.faces)) for result in results] == [(0, 2), (1, 2)]


def _said(pipeline: FacePipeline, world: World, kind: str, mirrored: bool) -> list[Face]:
    """The faces of the second frame of a stream, or of one image."""
    frames = [replace(world.frame(index), mirrored=mirrored) for index in range(2)]
    if kind == "stream":
        return [list(pipeline.process(frame).faces) for frame in frames][-1]
    return list(pipeline.process_batch(frames)[-1].faces)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("kind", "fast"), [("stream", False), ("image", False), ("image", True)])
def test_what_is_covered_is_told_and_not_measured_and_the_expression_comes_on_its_side(
    kind: str, fast: bool, mirrored: bool
) -> None:
    world = ExpressiveWorld(_still)
    faces = _said(FacePipeline(world.models(), fast=fast, expression=True), world, kind, mirrored)

    assert len(faces) == 2
    for face in faces:
        lips = list(TOPOLOGY_70.groups["outer_lip"])
        assert face.visible[lips].max() == pytest.approx(0.1)
        assert face.visible[30] == pytest.approx(0.9)
        assert np.isnan([face.mouth_open, face.smile]).all()
        assert np.isfinite([*face.pose, *face.blink]).all()
        assert face.expression is not None
        assert face.expression["jawOpen"] == 0.75
        side, other = ("Right", "Left") if mirrored else ("Left", "Right")
        assert (face.expression[f"eyeBlink{side}"], face.expression[f"eyeBlink{other}"]) == (0.25, 0.0)


@pytest.mark.parametrize("kind", ["stream", "image"])
def test_an_expression_that_was_not_asked_for_is_left_out(kind: str) -> None:
    world = ExpressiveWorld(_still)
    faces = _said(FacePipeline(world.models()), world, kind, False)
    assert [face.expression for face in faces] == [None, None]
    assert all(np.isfinite(face.visible).sum() == 49 for face in faces)


def test_a_face_that_is_looked_at_again_says_what_the_second_look_did() -> None:
    world = ExpressiveWorld(_still)
    pipeline = FacePipeline(world.models(), expression=True)
    frame = world.frame(0)
    result = pipeline.process_batch([frame])[0]
    blank = replace(result, faces=tuple(replace(face, visible=np.full_like(face.visible, np.nan), given=None)
                                        for face in result.faces))  # fmt: skip

    for face, before in zip(pipeline.refine(frame, blank, 1000).faces, result.faces, strict=True):
        assert face.expression == before.expression
        np.testing.assert_array_equal(face.visible, before.visible)


def test_measuring_again_keeps_the_expression() -> None:
    world = ExpressiveWorld(_still)
    pipeline = FacePipeline(world.models(), expression=True)
    for mirrored in (False, True):
        result = pipeline.process_batch([replace(world.frame(0), mirrored=mirrored)])[0]
        again = pipeline.measured(result)
        assert [face.expression for face in again.faces] == [face.expression for face in result.faces]


def test_asking_a_model_for_an_expression_that_it_does_not_give_is_refused() -> None:
    with pytest.raises(UsageError, match="the landmark model gives none"):
        FacePipeline(World(_still).models(), expression=True)
