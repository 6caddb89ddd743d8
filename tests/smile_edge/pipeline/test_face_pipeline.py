"""The order of detector, landmarker, tracker and smoother, over a world that is known."""

import time
from dataclasses import replace

import numpy as np
import pytest
from fake_world import World, detection, face_points

import smile_edge
from smile_edge.errors import ImageError, UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.still_images import select_faces
from smile_edge.records import Face, Frame


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
        np.testing.assert_array_equal(result.faces[1].points, _still(0)[1])
        assert result.faces[1].roll == pytest.approx(90, abs=0.01)
    assert world.detector_calls == 2
    assert world.batches == [(2, 1)] * 4


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


def test_a_batch_of_images_shares_one_landmark_batch_and_keeps_their_order() -> None:
    world = World(lambda index: _still(0)[:index])
    frames = [world.frame(index) for index in (2, 0, 1)]

    results = FacePipeline(world.models()).process_batch(frames)

    assert [len(result.faces) for result in results] == [2, 0, 1]
    assert [result.frame for result in results] == [2, 0, 1]
    assert world.batches == [(3, 1), (3, 1)]


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

    np.testing.assert_array_equal(face.points, face_points(degrees=20))


def test_two_detections_that_lead_to_one_face_are_one_face() -> None:
    world = World(lambda index: [face_points(), face_points(x=102)])

    assert len(FacePipeline(world.models()).process(world.frame(0).image).faces) == 1


@pytest.mark.parametrize(("apart_px", "faces"), [(45, 1), (50, 2)])  # overlaps of 0.38 and 0.33
def test_cheek_to_cheek_are_two_faces_unless_more_than_a_third_is_shared(apart_px: float, faces: int) -> None:
    sigma, box = np.ones(49, np.float32), np.float32([60, 40, 100, 120])
    one = Face(face_points(), sigma, 0.9, box)
    other = Face(face_points(x=100 + apart_px), sigma, 0.8, box + np.float32([apart_px, 0, 0, 0]))

    kept = select_faces([other, one], threshold=0.5, most=None)

    assert [face.score for face in kept] == [0.9, 0.8][:faces]


def test_a_stream_detects_once_and_then_follows() -> None:
    world = World(_moving)
    pipeline = FacePipeline(world.models(), smooth=False, detect_every=100)

    results = [pipeline.process(world.frame(index)) for index in range(30)]

    assert world.detector_calls == 1
    assert world.batches[-1] == (1, 1)
    for index, result in enumerate(results):
        assert [face.id for face in result.faces] == [0]
        np.testing.assert_array_equal(result.faces[0].points, _moving(index)[0])


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

    points = np.stack([pipeline.process(world.frame(index)).faces[0].points for index in range(60)])

    assert np.diff(points[20:], axis=0).std() < np.diff(np.stack(shapes)[20:], axis=0).std() / 3
    np.testing.assert_array_equal(pipeline.tracker.tracks[0].points, shapes[-1])


@pytest.mark.parametrize("change", [{"source": "another"}, {"time_s": -1.0}], ids=["source", "time"])
def test_another_source_or_a_time_that_runs_back_starts_a_new_stream(change: dict[str, object]) -> None:
    world = World(lambda index: [face_points(x=80 if index == 0 else 220)])
    pipeline = FacePipeline(world.models())
    pipeline.process(world.frame(0))

    result = pipeline.process(replace(world.frame(1), **change))

    assert [face.id for face in result.faces] == [0]


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


def test_the_package_exports_what_it_names() -> None:
    for name in smile_edge.__all__:
        assert getattr(smile_edge, name) is not None
    assert smile_edge.FacePipeline is FacePipeline
    assert dir(smile_edge) == sorted(smile_edge.__all__)
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        smile_edge.nothing_of_this_name  # noqa: B018


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
