"""Keras to ONNX on small networks of the shipped shapes: lean graph, same values, true manifest, or a named failure."""

import json
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

from export.__main__ import app  # noqa: E402
from export.conversion.convert import convert  # noqa: E402
from export.conversion.parity import largest_differences  # noqa: E402
from export.conversion.run import export_model  # noqa: E402
from export.conversion.weights import float32_config, in_float32, load_weights  # noqa: E402
from export.errors import GraphError, ParityError, SignatureError, WeightsError  # noqa: E402
from export.tasks import TASKS  # noqa: E402
from train.networks.blocks import Upsample2x, conv_bn_relu  # noqa: E402
from train.networks.landmarker import build_landmarker  # noqa: E402


def small_detector(upsample=Upsample2x, size=(None, None)):
    """A detector of the shipped shape with few channels, a depthwise convolution and both upsampling steps."""
    layers = keras.layers
    image = keras.Input((*size, 3), name="image")
    x = conv_bn_relu(layers.Rescaling(1 / 255)(image), 8, 2)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = conv_bn_relu(x, 8, 2)
    eight = conv_bn_relu(x, 8, 2)
    sixteen = conv_bn_relu(eight, 8, 2)
    deep = conv_bn_relu(sixteen, 8, 2)
    middle = layers.Add()([layers.Conv2D(8, 1)(sixteen), upsample()(deep)])
    fine = layers.Add()([layers.Conv2D(8, 1)(eight), upsample()(middle)])
    levels = zip((8, 16, 32), (fine, middle, deep), strict=True)
    return keras.Model(image, {f"level{stride}": layers.Conv2D(27, 1)(x) for stride, x in levels})


def shaken(model, seed=0):
    """The model with random weights everywhere: zero biases and unit batch norms would hide what folding forgets."""
    rng = np.random.default_rng(seed)
    weights = []
    for variable in model.variables:
        noise = rng.normal(size=variable.shape).astype(np.float32)
        weights.append(1 + 0.2 * np.abs(noise) if "variance" in variable.path else variable.numpy() + 0.1 * noise)
    model.set_weights(weights)
    return model


def saved(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "best.keras")
    (folder / "config.json").write_text(json.dumps({"minutes": 1.5, "packs": ["faces"], "init": "/home/me/a.keras"}))
    return folder / "best.keras"


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landmarks")
    weights = saved(shaken(build_landmarker(width=0.25)), folder / "run")
    return folder / "models", export_model(weights, "landmarks", folder / "models", parameters={"crop_scale": 2.5})


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detector")
    weights = saved(shaken(small_detector()), folder / "run")
    return folder / "models", export_model(weights, "detector", folder / "models")


@pytest.mark.parametrize("name", ["landmarks", "detector"])
def test_the_graph_is_lean(name, request):
    folder, manifest = request.getfixturevalue(name)
    graph = onnx.load(folder / manifest.file).graph
    kinds = Counter(node.op_type for node in graph.node)
    assert set(kinds) <= {
        *("Conv", "Relu", "Add", "Resize", "GlobalAveragePool", "Squeeze", "MatMul", "Gemm", "Min", "Max"),
        *("Clip", "Exp", "Mul", "Concat", "Sigmoid", "Softmax", "Reshape", "Flatten"),
    }


@pytest.mark.parametrize("name", ["landmarks", "detector"])
def test_the_manifest_describes_the_file(name, request):
    folder, manifest = request.getfixturevalue(name)
    assert ModelManifest.load(folder / f"{name}.json") == manifest
    manifest.verify(folder / manifest.file)
    keras.saving.load_model(folder / f"{name}.keras")  # what training goes on from
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


def test_a_model_trained_in_mixed_precision_is_exported_in_float32(tmp_path):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = shaken(build_landmarker(width=0.25))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert any(layer.compute_dtype == "bfloat16" for layer in model.layers)
    loaded = load_weights(saved(model, tmp_path / "run"))
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    manifest = export_model(tmp_path / "run" / "best.keras", "landmarks", tmp_path / "models")
    assert max(manifest.parity["largest_difference"].values()) < 1e-2


def test_policies_are_replaced_wherever_they_are():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    config = {"layers": [{"config": {"dtype": policy}}, {"config": {"dtype": "bfloat16"}}], "axis": (1, 2)}
    walked = float32_config(config)
    assert walked["layers"][0]["config"]["dtype"]["config"]["name"] == "float32"
    assert walked["layers"][1]["config"]["dtype"] == "float32"
    assert policy["config"]["name"] == "mixed_float16"


def test_upsampling_that_leaves_shape_arithmetic_is_refused():
    with pytest.raises(GraphError, match="Expected none"):
        convert(in_float32(small_detector(upsample=keras.layers.UpSampling2D)), TASKS["detector"])


def test_a_model_of_the_other_task_is_refused(tmp_path):
    weights = saved(small_detector(), tmp_path / "run")
    with pytest.raises(WeightsError, match="must give"):
        export_model(weights, "landmarks", tmp_path / "models")


def test_a_model_with_another_input_size_is_refused():
    with pytest.raises(WeightsError, match="must take images"):
        convert(small_detector(size=(224, 224)), TASKS["detector"])


def test_a_model_with_other_output_sizes_is_refused():
    image = keras.Input((None, None, 3))
    x = conv_bn_relu(image, 4, 8)
    model = keras.Model(image, {f"level{stride}": keras.layers.Conv2D(26, 1)(x) for stride in (8, 16, 32)})
    with pytest.raises(SignatureError, match="Expected"):
        convert(model, TASKS["detector"])


def test_nothing_is_written_when_the_values_differ(tmp_path):
    weights = saved(shaken(small_detector()), tmp_path / "run")
    with pytest.raises(ParityError, match="differs from Keras by"):
        export_model(weights, "detector", tmp_path / "models", tolerance=0.0)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_value_that_is_no_number_is_a_difference():
    with pytest.raises(ParityError, match="nan"):
        largest_differences({"y": np.zeros(2)}, {"y": np.array([0, np.nan])}, 1.0, "batch 1")


def test_other_names_or_shapes_are_not_compared():
    with pytest.raises(SignatureError, match="gives"):
        largest_differences({"y": np.zeros(2)}, {"z": np.zeros(2)}, 1.0, "batch 1")
    with pytest.raises(SignatureError, match="shape"):
        largest_differences({"y": np.zeros(2)}, {"y": np.zeros((2, 1))}, 1.0, "batch 1")


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


def test_missing_and_unreadable_weights_are_one_line(tmp_path):
    with pytest.raises(WeightsError, match="No Keras model"):
        export_model(tmp_path / "none.keras", "detector", tmp_path)
    (tmp_path / "broken.keras").write_bytes(b"nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        export_model(tmp_path / "broken.keras", "detector", tmp_path)


def test_weights_without_their_configuration_are_refused(tmp_path):
    (tmp_path / "best.keras").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"config\.json"):
        export_model(tmp_path / "best.keras", "detector", tmp_path)
