"""Keras to ONNX on small networks of the shipped shapes: lean graph, true manifest, or a named failure."""

from collections import Counter

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from smile_edge.errors import UsageError
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.session import OnnxSession

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from small_networks import saved, shaken, small_detector  # noqa: E402

from export.__main__ import app  # noqa: E402
from export.conversion.run import export_model  # noqa: E402
from export.errors import ParityError, WeightsError  # noqa: E402
from train.networks.dense_landmarker import build_dense_landmarker  # noqa: E402
from train.networks.landmarker import build_landmarker  # noqa: E402


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landmarks")
    weights = saved(shaken(build_landmarker(width=0.25)), folder / "run")
    return folder / "models", export_model(weights, "landmarks", folder / "models", parameters={"crop_scale": 2.5})


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dense")
    weights = saved(shaken(build_dense_landmarker()), folder / "run")
    return folder / "models", export_model(weights, "landmarks", folder / "models")


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detector")
    weights = saved(shaken(small_detector()), folder / "run")
    return folder / "models", export_model(weights, "detector", folder / "models")


@pytest.mark.parametrize("name", ["landmarks", "dense", "detector"])
def test_the_graph_is_lean(name, request):
    folder, manifest = request.getfixturevalue(name)
    graph = onnx.load(folder / manifest.file).graph
    kinds = Counter(node.op_type for node in graph.node)
    assert set(kinds) <= {
        *("Conv", "Relu", "Add", "Resize", "GlobalAveragePool", "Squeeze", "MatMul", "Gemm", "Min", "Max"),
        *("Clip", "Exp", "Mul", "Concat", "Sigmoid", "Softmax", "Reshape", "Flatten"),
    }


@pytest.mark.parametrize("name", ["landmarks", "dense", "detector"])
def test_the_manifest_describes_the_file(name, request):
    folder, manifest = request.getfixturevalue(name)
    assert ModelManifest.load(folder / f"{manifest.name}.json") == manifest
    manifest.verify(folder / manifest.file)
    keras.saving.load_model(folder / f"{manifest.name}.keras")  # what training goes on from
    session = OnnxSession(folder / manifest.file, provider="cpu")
    manifest.check_signature(session.inputs, session.outputs)
    assert session.inputs == {spec.name: spec.shape for spec in manifest.inputs}
    assert session.outputs == {spec.name: spec.shape for spec in manifest.outputs}
    assert max(manifest.parity["largest_difference"].values()) < 1e-2
    assert manifest.parity["batch_sizes"] == [1, 3]


def test_parameters_come_before_the_defaults(landmarks):
    assert landmarks[1].parameters == {"crop_px": 96, "crop_scale": 2.5}


def test_a_parameter_that_the_task_lacks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nms_iou"):
        export_model(tmp_path / "best.keras", "landmarks", tmp_path, parameters={"nms_iou": 0.5})


def test_the_manifest_tells_the_data_without_the_trainer_s_folders(landmarks):
    assert landmarks[1].training["data"] == ["faces"]
    assert landmarks[1].training["minutes"] == 1.5
    assert landmarks[1].training["recipe"]["init"] == "a.keras"
    assert "MTFL" in landmarks[1].training["licence"]
    assert "/home" not in (landmarks[0] / "landmarks.json").read_text()


def test_the_detector_takes_any_size(detector):
    folder, manifest = detector
    outputs = OnnxSession(folder / manifest.file, provider="cpu").run({"image": np.zeros((2, 3, 96, 160), np.float32)})
    assert {name: value.shape for name, value in outputs.items()} == {
        "level8": (2, 27, 12, 20),
        "level16": (2, 27, 6, 10),
        "level32": (2, 27, 3, 5),
    }


def test_face_is_a_probability(landmarks):
    folder, manifest = landmarks
    crops = np.random.default_rng(0).uniform(0, 255, (5, 3, 96, 96)).astype(np.float32)
    face = OnnxSession(folder / manifest.file, provider="cpu").run({"crops": crops})["face"]
    assert face.shape == (5,)
    assert ((face > 0) & (face < 1)).all()


def test_a_model_of_the_other_task_is_refused(tmp_path):
    weights = saved(small_detector(), tmp_path / "run")
    with pytest.raises(WeightsError, match="must give"):
        export_model(weights, "landmarks", tmp_path / "models")


def test_nothing_is_written_when_the_values_differ(tmp_path):
    weights = saved(shaken(small_detector()), tmp_path / "run")
    with pytest.raises(ParityError, match="differs from Keras by"):
        export_model(weights, "detector", tmp_path / "models", tolerance=0.0)
    assert list((tmp_path / "models").iterdir()) == []


def test_the_command_exports_and_tells_the_largest_difference(tmp_path):
    weights = saved(shaken(small_detector()), tmp_path / "run")
    arguments = [
        "--weights",
        str(weights),
        "--task",
        "detector",
        "--out",
        str(tmp_path),
        "--set",
        "score_threshold=0.4",
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "largest difference to Keras: level8" in done.output
    assert ModelManifest.load(tmp_path / "detector.json").parameters["score_threshold"] == 0.4


def test_the_command_ends_with_one_line_and_exit_code_two(tmp_path):
    weights = saved(small_detector(), tmp_path / "run")
    for extra, said in (([], "must give"), (["--set", "crop_px"], "NAME=NUMBER")):
        done = CliRunner().invoke(
            app, ["--weights", str(weights), "--task", "landmarks", "--out", str(tmp_path), *extra]
        )
        assert done.exit_code == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
