"""On CUDA a frame that wants the detector gets its landmarks from the same call; everything else goes on as ever."""

from dataclasses import fields

import numpy as np
import pytest
from fake_world import World, detection, face_points
from stand_ins import picture, write_models

from export.fusion import fuse as fuse_module
from export.fusion.fuse import fuse
from smile_edge.detection import fused as module
from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.fused import FusedDetector, SeenDetection, open_fused, seen_landmarks
from smile_edge.errors import ModelError, ProviderError, UsageError
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline import models as pipeline_models
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.report import ExecutionReport
from smile_edge.runtime.session import OnnxSession
from smile_edge.testing import FakeSession

ROWS = 4


def rows(count, score=0.9):
    """What the graph gives where it finds `count` faces."""
    points = np.stack([face_points(80 + 60 * row, 100) for row in range(ROWS)])
    found = {
        "points": points,
        "sigma": np.ones((ROWS, 49), np.float32),
        "face": np.full(ROWS, 0.95, np.float32),
        "box": np.tile(np.array([1, 2, 3, 4], np.float32), (ROWS, 1)),
        "score": np.where(np.arange(ROWS) < count, score - 0.01 * np.arange(ROWS), 0.01).astype(np.float32),
        "detected_points": np.stack([detection(one).points for one in points]),
        "detected_box": np.stack([detection(one).box for one in points]),
    }
    return FakeSession(lambda feeds: found)


@pytest.fixture
def models(tmp_path):
    return write_models(tmp_path)


@pytest.fixture
def fused_models(models, monkeypatch):
    """The stand-ins with their one-graph pipeline, fused on pictures that they see faces in."""
    monkeypatch.setattr(fuse_module, "_parity_images", lambda frames: [picture(120, 160, seed) for seed in (1, 2)])
    fuse(models, models, frames=4)
    return models


@pytest.fixture
def build(models):
    """A `FusedDetector` over fake sessions; counts what it opens."""

    def make(open_session):
        manifest, session = load_model("detector", models=models, provider="cpu")
        return FusedDetector(manifest, session, manifest_of_fused(manifest), open_session)

    return make


def manifest_of_fused(manifest):
    parameters = {**manifest.parameters, "smallest_frame_px": 32}
    return ModelManifest(**{**{f.name: getattr(manifest, f.name) for f in fields(manifest)}, "parameters": parameters})


IMAGE = np.zeros((240, 320, 3), np.uint8)


def test_detections_come_with_their_landmarks_best_first(build):
    session = rows(3)
    found = build(lambda h, w: session).detect(IMAGE)

    assert [type(one) for one in found] == [SeenDetection] * 3
    assert [one.score for one in found] == pytest.approx([0.9, 0.89, 0.88])
    batch = seen_landmarks(found[::-1])
    np.testing.assert_array_equal(batch.points[0], face_points(200, 100))
    shapes = [(3, 49, 2), (3, 49), (3,), (3, 4)]
    assert [getattr(batch, field.name).shape for field in fields(LandmarkBatch)[:4]] == shapes
    assert batch.visible is batch.expression is None
    assert session.calls[0]["frame"] is IMAGE


def test_a_detection_without_landmarks_sends_all_to_the_landmarker(build):
    found = build(lambda h, w: rows(2)).detect(IMAGE)

    assert seen_landmarks([found[0], detection(face_points())]) is None
    assert seen_landmarks([]) is None


@pytest.mark.parametrize("threshold", [None, 0.895])
def test_the_threshold_is_applied_to_what_the_graph_gives(build, threshold):
    detector = build(lambda h, w: rows(3))
    if threshold is not None:
        detector.stream_threshold = threshold

    found = detector.detect(IMAGE)

    assert len(found) == (3 if threshold is None else 1)


def test_a_crowd_that_fills_the_graph_is_searched_by_the_detection_model(build):
    image = picture(120, 160, seed=1)
    detector = build(lambda h, w: rows(ROWS))

    found = detector.detect(image)

    assert found
    assert {type(one).__name__ for one in found} == {"Detection"}


@pytest.mark.parametrize(
    ("image", "how"),
    [(IMAGE, {"thorough": True}), (IMAGE, {"threshold": 0.3}), (IMAGE, {"long_sides": [64]}), (IMAGE[:20], {})],
    ids=["pictures", "pictures, fast", "sizes", "tiny"],
)
def test_pictures_chosen_sizes_and_tiny_frames_go_through_the_detection_model(build, image, how):
    def refuse(height, width):
        raise AssertionError("not to be opened")

    found = build(refuse).detect(image, **how)

    assert {type(one).__name__ for one in found} == {"Detection"}


def test_a_threshold_out_of_range_is_refused_as_ever(build):
    with pytest.raises(UsageError, match="threshold"):
        build(lambda h, w: rows(1)).detect(IMAGE, threshold=1.5)


def test_each_frame_size_has_one_session_and_only_a_few_are_kept(build):
    opened = []
    detector = build(lambda h, w: opened.append((h, w)) or rows(1))
    for width in (320, 320, 330, 340, 350, 360, 360, 320):
        detector.detect(np.zeros((240, width, 3), np.uint8))

    assert [width for _, width in opened] == [320, 330, 340, 350, 360, 320]


def test_a_graph_that_cannot_be_opened_is_told_once_and_missed_by_nobody(build, caplog):
    def fail(height, width):
        raise ProviderError("out of memory")

    detector = build(fail)
    image = picture(120, 160, seed=1)
    first, second = detector.detect(image), detector.detect(image)

    assert len(first) == len(second) > 0
    assert [record.getMessage() for record in caplog.records] == [
        "faces are found by two models, not by one: out of memory"
    ]


def test_a_fresh_face_of_a_stream_needs_no_second_model_call(build):
    detector = build(lambda h, w: rows(2))
    world = World(lambda index: [face_points(80, 100), face_points(140, 100)])
    pipeline = FacePipeline(Models(detector, world), smooth=False)

    first, second = pipeline.process(world.frame(0)), pipeline.process(world.frame(1))

    assert [face.id for face in first.faces] == [face.id for face in second.faces] == [0, 1]
    np.testing.assert_array_equal(first.faces[1].inner_points(), face_points(140, 100))
    assert world.batches == [(0, 1), (2, 1)]  # nobody to follow at first, then both; no look at fresh faces


def test_a_stream_gives_the_same_faces_with_one_graph_as_with_two_models(fused_models):
    two = Models.load(fused_models, provider="cpu")
    graph = OnnxSession(fused_models / "fused.onnx", provider="cpu")
    one = FusedDetector(
        two.detector.manifest,
        two.detector.session,
        ModelManifest.load(fused_models / "fused.json"),
        lambda h, w: graph,
    )
    image = picture(120, 160, seed=1)
    detections = [detector.detect(image) for detector in (one, two.detector)]

    batches = [seen_landmarks(detections[0]), two.landmarker.landmarks([(image, d.points) for d in detections[1]], 2)]

    np.testing.assert_allclose(batches[0].points, batches[1].points, atol=0.25)


def report(obtained, reason=None):
    return ExecutionReport("auto", obtained, reason, "fake", 1.0)


@pytest.fixture
def on_cuda(monkeypatch):
    """Sessions that are asked for CUDA are opened on the CPU and remembered."""
    opened = []

    def open_session(path, *, provider, sizes):
        opened.append((path.name, provider, sizes))
        return OnnxSession(path, provider="cpu", sizes=sizes)

    monkeypatch.setattr(module, "OnnxSession", open_session)
    return opened


def opened_pair(models):
    detector, session = load_model("detector", models=models, provider="cpu")
    return FaceDetector(detector, session), ModelManifest.load(models / "landmarks.json")


@pytest.mark.parametrize("obtained", ["cpu", "tensorrt"])
def test_elsewhere_than_on_cuda_the_detector_stays_as_it_is(fused_models, on_cuda, obtained):
    detector, landmarks = opened_pair(fused_models)

    assert open_fused(detector, landmarks, report(obtained), fused_models) == (
        detector,
        (("detector", report(obtained)),),
    )
    assert on_cuda == []


def test_on_cuda_the_one_graph_pipeline_is_opened_for_what_cameras_give_and_reported(fused_models, on_cuda):
    detector, landmarks = opened_pair(fused_models)
    fused, reports = open_fused(detector, landmarks, report("cuda"), fused_models)

    assert isinstance(fused, FusedDetector)
    assert [name for name, _ in reports] == ["detector", "fused"]
    fused.detect(np.zeros((480, 640, 3), np.uint8))
    fused.detect(np.zeros((120, 160, 3), np.uint8))
    assert on_cuda == [("fused.onnx", "cuda", {"h": h, "w": w}) for h, w in ((480, 640), (120, 160))]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "fused.json").unlink(), "No model manifest at"),
        (lambda folder: (folder / "fused.onnx").write_bytes(b"other"), "not the model its manifest describes"),
        (lambda folder: write_models(folder, seed=9), "made from other models; run `python -m export fuse` again"),
    ],
    ids=["missing", "exchanged", "stale"],
)
def test_without_a_sound_graph_two_models_do_the_work_and_the_report_says_why(fused_models, on_cuda, spoil, said):
    spoil(fused_models)
    detector, landmarks = opened_pair(fused_models)
    found, reports = open_fused(detector, landmarks, report("cuda", "1 of 6 nodes"), fused_models)

    assert found is detector
    ((name, told),) = reports
    assert (name, told.obtained) == ("detector", "cuda")
    assert told.reason.startswith("1 of 6 nodes; no one-graph pipeline: ")
    assert said in told.reason
    assert on_cuda == []


def test_a_graph_that_cuda_cannot_hold_leaves_the_two_models(fused_models, monkeypatch):
    def fail(path, **options):
        raise ModelError("out of memory")

    monkeypatch.setattr(module, "OnnxSession", fail)
    detector, landmarks = opened_pair(fused_models)
    found, reports = open_fused(detector, landmarks, report("cuda"), fused_models)

    assert found is detector
    assert reports[0][1].reason == "no one-graph pipeline: out of memory"


def test_models_that_load_on_cuda_bring_the_one_graph_pipeline(fused_models, on_cuda, monkeypatch):
    def opened(name, **options):
        manifest, session = load_model(name, models=options["models"], provider="cpu")
        session.report = report("cuda")
        return manifest, session

    monkeypatch.setattr(pipeline_models, "load_model", opened)
    models = Models.load(fused_models)

    assert isinstance(models.detector, FusedDetector)
    assert [name for name, _ in models.reports] == ["detector", "fused", "landmarks"]
