"""The one-graph pipeline does what the two models do, step by step and as a whole; compared on the CPU."""

from dataclasses import replace

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from repository import ROOT
from stand_ins import CROP_PX, CROP_SCALE, LONG_SIDE, STRIDES, picture, write_models
from typer.testing import CliRunner

from export.__main__ import app
from export.errors import GraphError, ParityError
from export.fusion import fuse as module
from export.fusion import graph as fusion_graph
from export.fusion.fuse import fuse, largest_differences_px, settings_of
from export.fusion.graph import CANDIDATES, FusedSettings, fused_graph
from export.fusion.graph_builder import Nodes, Tensor
from export.fusion.pyramid_atlas import LEVELS, SMALLEST_FRAME_PX, Atlas
from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.fused import FusedDetector, seen_landmarks
from smile_edge.errors import ManifestMismatchError, UsageError
from smile_edge.geometry.affine import crop_matrix
from smile_edge.imaging.crops import cut_crop
from smile_edge.imaging.letterbox import preprocess
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.session import OnnxSession

SETTINGS = FusedSettings(STRIDES, LONG_SIDE, 0.3, CROP_PX, CROP_SCALE, faces=8)


def run_tensor(tmp_path, nodes, result, inputs, feeds):
    """The value of a tensor of a graph under construction."""
    output = helper.make_tensor_value_info(result.name, helper.np_dtype_to_tensor_dtype(result.dtype), None)
    graph = helper.make_graph(nodes.nodes, "g", inputs, [output], list(nodes.constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "part.onnx")
    return OnnxSession(tmp_path / "part.onnx", provider="cpu").run(feeds)[result.name]


@pytest.fixture
def models(tmp_path):
    return write_models(tmp_path / "models")


@pytest.fixture
def quick_pictures(monkeypatch):
    """Pictures that the stand-ins see faces in, in place of the portrait."""
    monkeypatch.setattr(module, "_parity_images", lambda frames: [picture(120, 160, seed) for seed in (1, 2)])


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.mark.parametrize("size", [(300, 400), (97, 131)], ids=["even", "odd"])
def test_crops_are_cut_from_the_atlas_as_from_the_frame(tmp_path, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    factors = np.array([0.6, 1.0, 1.4, 2.2, 3.1, 4.7, 5.5, 7.9, 8.2, 11.3, 12.4], np.float32)
    centre = (
        np.random.default_rng(1).uniform(0, size[::-1], (len(factors), 2)).astype(np.float32)
    )  # some leave the frame
    angle = np.linspace(-3, 3, len(factors)).astype(np.float32)
    wanted = [cut_crop(image, m, CROP_PX) for m in crop_matrix(centre, factors * CROP_PX, angle, CROP_PX)]

    nodes = Nodes()
    cos, sin = factors * np.cos(angle), factors * np.sin(angle)
    rows = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1), centre], 1).astype(np.float32)
    atlas = Atlas.of(Tensor(nodes, "frame", np.uint8))
    crops = atlas.crops(nodes.constant(rows), nodes.constant(factors[:, None]), CROP_PX)
    found = run_tensor(
        tmp_path, nodes, crops, [value("frame", TensorProto.UINT8, ["height", "width", 3])], {"frame": image}
    )

    apart = np.abs(found.transpose(0, 2, 3, 1) - np.stack(wanted)).max((1, 2, 3))
    assert apart.max() < 1.02, dict(zip(factors, apart, strict=True))  # the frame's crops are rounded twice


@pytest.mark.parametrize(
    "size", [(120, 160), (64, 64), (480, 640), (333, 640), (251, 97), (40, 50), (1000, 900), (301, 299)]
)
def test_the_frame_is_shrunk_into_the_letterbox_as_the_detector_shrinks_it(tmp_path, size):
    image = picture(*size)
    wanted = preprocess([image], LONG_SIDE, max(STRIDES))[0]

    nodes = Nodes()
    small, _ = fusion_graph._letterbox(Atlas.of(Tensor(nodes, "frame", np.uint8)), SETTINGS)
    found = run_tensor(
        tmp_path, nodes, small, [value("frame", TensorProto.UINT8, ["height", "width", 3])], {"frame": image}
    )

    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 2  # rounded after each halving there


def test_rounds_of_suppression_keep_what_a_greedy_search_keeps(tmp_path):
    rng = np.random.default_rng(3)
    boxes = np.concatenate([rng.uniform(0, 100, (CANDIDATES, 2)), rng.uniform(10, 40, (CANDIDATES, 2))], 1).astype(
        np.float32
    )
    logits = np.sort(rng.normal(size=CANDIDATES))[::-1].astype(np.float32)
    wanted = sorted(cv2.dnn.NMSBoxes(boxes, 1 / (1 + np.exp(-logits)), 0.0, SETTINGS.nms_iou))

    nodes = Nodes()
    kept = fusion_graph._survivors(Tensor(nodes, "logits", np.float32), Tensor(nodes, "boxes", np.float32), SETTINGS)
    inputs = [value("logits", TensorProto.FLOAT, [CANDIDATES, 1]), value("boxes", TensorProto.FLOAT, [CANDIDATES, 4])]
    found = run_tensor(tmp_path, nodes, kept, inputs, {"logits": logits[:, None], "boxes": boxes})

    assert 10 < len(wanted) < 100
    assert np.flatnonzero(found > -50).tolist() == wanted


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


def test_more_faces_are_rows_not_other_results(models, tmp_path):
    image = picture(120, 160, seed=1)
    parts = [onnx.load(models / f"{name}.onnx") for name in ("detector", "landmarks")]
    runs = []
    for faces in (8, 3):
        onnx.save(fused_graph(*parts, replace(SETTINGS, faces=faces)), tmp_path / "fused.onnx")
        runs.append(OnnxSession(tmp_path / "fused.onnx", provider="cpu").run({"frame": image}))

    assert runs[1]["points"].shape == (3, 49, 2)
    for name, rows in runs[1].items():
        np.testing.assert_allclose(rows, runs[0][name][:3], atol=1e-3, err_msg=name)
    assert (np.diff(runs[0]["score"]) <= 0).all()


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
    monkeypatch.setattr(fusion_graph, "_FRAME_OF_49", fusion_graph._FRAME_OF_49 * np.float32(1.3))

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


def test_levels_reach_faces_as_high_as_a_full_hd_frame():
    assert LEVELS >= 1080 / 96


def test_parity_is_checked_against_the_models_of_the_folder(models, tmp_path, quick_pictures):
    manifest = fuse(models, tmp_path, frames=4)
    others = write_models(tmp_path / "others", seed=5)

    with pytest.raises(ParityError):
        largest_differences_px(others, tmp_path / "fused.onnx", manifest, module._parity_images(4))


def test_a_fused_graph_passes_the_onnx_checker(models):
    model = fused_graph(onnx.load(models / "detector.onnx"), onnx.load(models / "landmarks.onnx"), SETTINGS)

    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == list(fusion_graph.OUTPUTS)
