"""The one-graph pipeline does what the two models do; compared on the CPU."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from repository import ROOT
from stand_ins import LONG_SIDE, picture, write_models
from typer.testing import CliRunner

from export.__main__ import app
from export.errors import GraphError, ParityError
from export.fusion import fuse as module
from export.fusion import graph as fusion_graph
from export.fusion.fuse import fuse, largest_differences_px, settings_of
from export.fusion.pyramid_atlas import SMALLEST_FRAME_PX
from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.fused import FusedDetector, seen_landmarks
from smile_edge.errors import ManifestMismatchError, UsageError
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.session import OnnxSession


@pytest.fixture
def quick_pictures(monkeypatch):
    """Pictures that the stand-ins see faces in, in place of the portrait."""
    monkeypatch.setattr(module, "_parity_images", lambda frames: [picture(120, 160, seed) for seed in (1, 2)])


def both_ways(models, fused_path, fused, image, threshold):
    """What the graph and what the two models make of a picture: detections and their landmarks."""
    detector, session = load_model("detector", models=models, provider="cpu")
    landmarks, landmark_session = load_model("landmarks", models=models, provider="cpu")
    one_graph = OnnxSession(fused_path, provider="cpu")
    fused_detector = FusedDetector(detector, session, fused, lambda h, w: one_graph)
    fused_detector.stream_threshold = threshold
    got = fused_detector.detect(image)
    wanted = FaceDetector(detector, session).detect(image, threshold=threshold)
    batch = FaceLandmarker(landmarks, landmark_session).landmarks([(image, one.points) for one in wanted], 2)
    return got, wanted, batch


def test_a_crop_that_lies_below_the_face_is_cut_there_in_the_graph_too(models, tmp_path, quick_pictures):
    manifest = ModelManifest.load(models / "landmarks.json")
    replace(manifest, parameters={**manifest.parameters, "crop_shift": 0.3}).save(models / "landmarks.json")
    fused = fuse(models, tmp_path, frames=4)

    got, wanted, batch = both_ways(models, tmp_path / "fused.onnx", fused, picture(120, 160, seed=1), 0.7)

    assert len(got) == len(wanted) > 0
    np.testing.assert_allclose(seen_landmarks(got).points, batch.points, atol=0.1 * 160 / LONG_SIDE)


@pytest.mark.parametrize("size", [(120, 160), (64, 64), (251, 97), (40, 50), (240, 320)])
def test_a_graph_of_any_two_models_finds_what_they_find(models, tmp_path, quick_pictures, size):
    fused = fuse(models, tmp_path, frames=4)
    image = picture(*size, seed=1)

    got, wanted, batch = both_ways(models, tmp_path / "fused.onnx", fused, image, 0.7)

    assert 0 < len(wanted) < 8
    assert len(got) == len(wanted)
    pixel = max(1.0, max(size) / LONG_SIDE)
    for ours, theirs in zip(got, wanted, strict=True):
        assert ours.score == pytest.approx(theirs.score, abs=0.01)
        np.testing.assert_allclose(ours.points, theirs.points, atol=0.1 * pixel)
        np.testing.assert_allclose(ours.box, theirs.box, atol=0.1 * pixel)
    seen = seen_landmarks(got)
    for name in ("points", "sigma", "presence", "box"):
        np.testing.assert_allclose(getattr(seen, name), getattr(batch, name), atol=0.1 * pixel, err_msg=name)


def test_what_is_covered_and_the_expression_go_through_the_graph(tmp_path, quick_pictures):
    models = write_models(tmp_path / "models", shares=True)
    fused = fuse(models, tmp_path, frames=4)

    got, _, batch = both_ways(models, tmp_path / "fused.onnx", fused, picture(120, 160, seed=1), 0.7)

    seen = seen_landmarks(got)
    for name in ("visible", "expression"):
        assert np.ptp(getattr(batch, name)) > 0.1
        np.testing.assert_allclose(getattr(seen, name), getattr(batch, name), atol=0.01, err_msg=name)
        assert fused.parity["largest_difference"][name] < 0.01


def test_with_the_frame_size_fixed_nothing_is_left_to_be_computed_from_shapes(models, tmp_path, quick_pictures):
    fuse(models, tmp_path, frames=4)

    free = OnnxSession(tmp_path / "fused.onnx", provider="cpu").placement()["cpu"]
    fixed = OnnxSession(tmp_path / "fused.onnx", provider="cpu", sizes={"h": 480, "w": 640}).placement()["cpu"]

    assert {"Shape", "Range", "Where"} <= set(free)
    assert not {"Shape", "Range", "Where", "Loop", "If", "NonMaxSuppression", "NonZero"} & set(fixed)


def test_both_looks_share_their_weights(models, tmp_path, quick_pictures):
    fuse(models, tmp_path, frames=4)
    graph = onnx.load(tmp_path / "fused.onnx").graph

    weights = [constant.name for constant in graph.initializer if constant.name.startswith("landmarks/")]
    assert len(weights) == len(set(weights)) == len(onnx.load(models / "landmarks.onnx").graph.initializer)
    readers = [node.name for node in graph.node if "landmarks/points_w" in node.input]
    assert len(readers) == 2


def test_a_black_frame_gives_finite_rows(models, tmp_path, quick_pictures):
    fuse(models, tmp_path, frames=4)
    frame = np.zeros((SMALLEST_FRAME_PX, SMALLEST_FRAME_PX, 3), np.uint8)

    for name, rows in OnnxSession(tmp_path / "fused.onnx", provider="cpu").run({"frame": frame}).items():
        assert np.isfinite(rows).all(), name


def test_the_manifest_ties_the_graph_to_its_two_models(models, tmp_path, quick_pictures):
    fuse(models, tmp_path, frames=4)

    manifest = ModelManifest.load(tmp_path / "fused.json")
    manifest.verify(tmp_path / "fused.onnx")
    session = OnnxSession(tmp_path / "fused.onnx", provider="cpu")
    manifest.check_signature(session.inputs, session.outputs)
    for name in ("detector", "landmarks"):
        assert manifest.parameters[f"{name}_sha256"] == ModelManifest.load(models / f"{name}.json").sha256
    assert 0 < manifest.parity["largest_difference"]["points"] <= 0.25


def test_a_graph_that_computes_something_else_is_not_written(models, tmp_path, quick_pictures, monkeypatch):
    right = fusion_graph._frame_of
    monkeypatch.setattr(fusion_graph, "_frame_of", lambda topology: right(topology) * np.float32(1.3))

    with pytest.raises(ParityError, match="px from those of the two models"):
        fuse(models, tmp_path, frames=4)
    assert not list(tmp_path.glob("fused*"))


def test_a_graph_that_gives_no_number_is_not_written(models, tmp_path, quick_pictures, monkeypatch):
    def spoilt(detections):
        batch = seen_landmarks(detections)
        return replace(batch, points=batch.points * np.float32("nan"))

    monkeypatch.setattr(module, "seen_landmarks", spoilt)
    with pytest.raises(ParityError, match="nan px"):
        fuse(models, tmp_path, frames=4)


def test_pictures_without_a_face_prove_nothing(models, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_parity_images", lambda frames: [np.full((64, 64, 3), 128, np.uint8)])

    with pytest.raises(ParityError, match="Neither"):
        fuse(models, tmp_path, frames=4)


def test_a_landmark_model_without_a_box_cannot_be_fused(tmp_path):
    models = write_models(tmp_path / "models", without="box")

    with pytest.raises(GraphError, match=r"landmarks\.onnx has no output box"):
        fuse(models, tmp_path, frames=4)


@pytest.mark.parametrize("faces", [1, 65])
def test_a_number_of_faces_out_of_range_is_refused(models, faces):
    manifests = [ModelManifest.load(models / f"{name}.json") for name in ("detector", "landmarks")]
    with pytest.raises(UsageError, match="--faces"):
        settings_of(*manifests, faces)


def test_a_model_exchanged_under_its_manifest_is_not_fused(models, tmp_path):
    path = models / "detector.onnx"
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(ManifestMismatchError, match="sha256"):
        fuse(models, tmp_path, frames=4)


def test_the_command_writes_beside_the_models_and_says_how_close_it_is(models, quick_pictures):
    done = CliRunner().invoke(app, ["fuse", "--models", str(models), "--frames", "4"])

    assert done.exit_code == 0, done.output
    assert "largest difference to the two models: points 0" in done.output
    assert (models / "fused.json").is_file()


def test_a_provider_that_is_not_there_is_said_and_nothing_is_written(models, tmp_path, quick_pictures):
    done = CliRunner().invoke(
        app, ["fuse", "--models", str(models), "--out", str(tmp_path / "out"), "--provider", "gpu"]
    )

    assert done.exit_code == 2
    assert done.output.startswith("error: provider must be one of")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_command_fails_in_one_line(tmp_path):
    (tmp_path / "models").mkdir()
    done = CliRunner().invoke(app, ["fuse", "--models", str(tmp_path / "models")])

    assert done.exit_code == 2
    assert done.output.startswith("error: No model manifest at")
    assert done.output.count("\n") == 1


def test_the_shipped_models_as_one_graph_match_them_on_the_portrait(tmp_path):
    models = ROOT / "models"
    manifest = fuse(models, tmp_path, frames=4)

    assert manifest.parity["largest_difference"]["points"] <= 0.25
    assert manifest.parity["largest_difference"]["face"] < 0.01
    assert [960, 1280] in manifest.parity["image_sizes"]  # there the crop comes from an averaged level


def test_a_shipped_graph_was_made_from_the_shipped_models():
    models = ROOT / "models"
    if not (models / "fused.json").exists():
        pytest.skip("no fused.onnx is shipped: python -m export fuse")
    manifest = ModelManifest.load(models / "fused.json")
    for name in ("detector", "landmarks"):
        shipped = ModelManifest.load(models / f"{name}.json").sha256
        assert manifest.parameters[f"{name}_sha256"] == shipped, "run `python -m export fuse` again"


def test_parity_is_checked_against_the_models_of_the_folder(models, tmp_path, quick_pictures):
    manifest = fuse(models, tmp_path, frames=4)
    others = write_models(tmp_path / "others", seed=5)

    with pytest.raises(ParityError):
        largest_differences_px(others, tmp_path / "fused.onnx", manifest, module._parity_images(4))
