"""A quantised model keeps what must stay in float32, is the same every time, and is refused when it is worse."""

import json
from dataclasses import replace

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from stand_ins import picture, write_models
from typer.testing import CliRunner

from export.__main__ import app
from export.errors import GraphError, ParityError
from export.graph_view import GraphView
from export.quantization import quantize as module
from export.quantization.check import CHECKS, DetectorCheck, times_as_fast
from export.quantization.quantize import integer_nodes, quantize, quantized
from smile_edge.detection.decoding import CHANNELS
from smile_edge.errors import ManifestMismatchError
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, find_models, sha256_of
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.session import OnnxSession
from train.errors import DataError


def network():
    """A detector of one level: two convolutions, two more with a residual around them, one for the cells."""
    rng = np.random.default_rng(0)
    constants, nodes = [], []

    def conv(source, result, weights, stride=1):
        side = weights.shape[2] // 2
        names = [f"{result}_w", f"{result}_b"]
        bias = rng.normal(0, 0.1, len(weights))
        for name, value in zip(names, (weights, bias), strict=True):
            constants.append(numpy_helper.from_array(value.astype(np.float32), name))
        nodes.append(helper.make_node("Conv", [source, *names], [result], strides=[stride] * 2, pads=[side] * 4))

    def relu(source, result):
        nodes.append(helper.make_node("Relu", [source], [result]))

    conv("image", "first", rng.normal(0, 1, (8, 3, 9, 9)) / 1000, 8)
    relu("first", "first_relu")
    conv("first_relu", "second", rng.normal(0, 0.3, (8, 8, 1, 1)))
    relu("second", "a")
    conv("a", "b", rng.normal(0, 0.15, (8, 8, 3, 3)))
    relu("b", "c")
    conv("c", "d", rng.normal(0, 0.15, (8, 8, 3, 3)))
    nodes.append(helper.make_node("Add", ["a", "d"], ["sum"]))
    relu("sum", "e")
    conv("e", "level8", rng.normal(0, 0.3, (CHANNELS, 8, 1, 1)))
    shape = ["n", 3, "h", "w"]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)]
    outputs = [helper.make_tensor_value_info("level8", TensorProto.FLOAT, ["n", CHANNELS, "h/8", "w/8"])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def pictures(count=4):
    return [picture(64, 96, seed).transpose(2, 0, 1)[None].astype(np.float32) for seed in range(count)]


@pytest.fixture
def models(tmp_path):
    """A folder with the network as `detector`."""
    folder = write_models(tmp_path / "models")
    onnx.save(network(), folder / "detector.onnx")
    manifest = ModelManifest.load(folder / "detector.json")
    changed = replace(
        manifest,
        sha256=sha256_of(folder / "detector.onnx"),
        outputs=(TensorSpec("level8", "float32", ("n", CHANNELS, "h/8", "w/8")),),
        parameters={**manifest.parameters, "strides": [8]},
    )
    changed.save(folder / "detector.json")
    return folder


@pytest.fixture
def pack(tmp_path):
    """Scenes in the WIDER format, a box in each."""
    folder = tmp_path / "pack"
    (folder / "images").mkdir(parents=True)
    lines = []
    for index in range(40):
        cv2.imwrite(str(folder / "images" / f"{index}.png"), picture(64, 96, index))
        lines += [f"{index}.png", "1", "20 10 40 40 0 0 0 0 0 0"]
    (folder / "wider_face_bbx_gt.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize(("first", "integer"), [(2, ["b", "c", "d", "sum", "e"]), (3, ["d", "sum", "e"])])
def test_the_first_and_the_last_convolutions_stay_in_float32(first, integer):
    model = network()
    for node in model.graph.node:
        node.name = node.output[0]
    assert integer_nodes(model, first) == integer


@pytest.mark.parametrize("name", ["detector", "landmarks"])
def test_in_the_shipped_models_no_output_is_rounded(name):
    """What an output is computed from reaches it through a convolution or a matrix product in float32."""
    model = onnx.load(find_models() / f"{name}-int8.onnx")
    view = GraphView(model)
    convs = [node for node in view.nodes if node.op_type == "Conv"]
    integer = [
        node for node in convs if (maker := view.producer(node.input[0])) and maker.op_type == "DequantizeLinear"
    ]
    weights = [view.producer(node.input[1]) for node in convs]
    assert len(integer) > 10
    assert next(node.input[0] for node in convs if node not in integer) == model.graph.input[0].name
    first, last = CHECKS[name].FLOAT_FIRST, {"detector": 3, "landmarks": 2}[name]
    assert len(convs) - len(integer) == first
    floats = [node for node, maker in zip(convs, weights, strict=True) if maker is None]
    assert len(floats) == first + last
    assert not any(node.op_type == "QuantizeLinear" for node in view.nodes if node.output[0] in _outputs(model))


def _outputs(model):
    return {output.name for output in model.graph.output}


def test_the_quantised_model_says_nearly_the_same_and_is_made_the_same_twice(tmp_path):
    made = [quantized(network(), "image", pictures(), 2) for _ in range(2)]
    assert made[0].SerializeToString(deterministic=True) == made[1].SerializeToString(deterministic=True)
    onnx.save(network(), tmp_path / "float32.onnx")
    onnx.save(made[0], tmp_path / "int8.onnx")
    feed = {"image": pictures(9)[8]}
    wanted, found = (
        OnnxSession(tmp_path / f"{name}.onnx", provider="cpu").run(feed)["level8"] for name in ("float32", "int8")
    )
    off = np.abs(found - wanted).mean() / np.abs(wanted).mean()
    assert 0 < off < 0.05


def test_weights_leave_one_bit_unused_so_that_no_processor_saturates():
    model = quantized(network(), "image", pictures(), 2)
    weights = [numpy_helper.to_array(one) for one in model.graph.initializer if one.data_type == TensorProto.INT8]
    largest = max(int(np.abs(one.astype(int)).max()) for one in weights)
    assert 60 <= largest <= 64


def test_a_model_without_a_middle_cannot_be_quantised(models, pack):
    write_models(models)
    with pytest.raises(GraphError, match="nothing to quantise"):
        quantize(models, "detector", [pack], models)
    assert not list(models.glob("*int8*"))


def test_the_command_writes_a_model_that_the_runtime_takes(models, pack):
    result = CliRunner().invoke(
        app, ["quantize", "--task", "detector", "--data", str(pack), "--models", str(models), "--largest-loss", "100"]
    )
    assert result.exit_code == 0, result.stderr
    assert "detector-int8.onnx" in result.stdout
    record = json.loads((models / "detector-int8.json").read_text())
    assert record["parameters"]["precision"] == "int8"
    assert record["parameters"]["float32_sha256"] == sha256_of(models / "detector.onnx")
    assert {"ap20", "ap20_float32", "ap40"} <= set(record["metrics"]["compared"])
    assert record["metrics"]["times_as_fast"] > 0
    assert load_model("detector", models=models, provider="cpu", precision="int8")[1].report.precision == "int8"


class Worse(DetectorCheck):
    """Finds every quantised model wanting."""

    def compare(self, reference, quantised):
        raise ParityError("The int8 model is refused: it is worse, at most 1 is allowed. Keep float32.")


def test_a_model_that_is_worse_is_refused_in_one_line_and_leaves_nothing(models, pack, monkeypatch):
    monkeypatch.setattr(module, "CHECKS", {"detector": Worse})
    result = CliRunner().invoke(app, ["quantize", "--task", "detector", "--data", str(pack), "--models", str(models)])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("error: The int8 model is refused")
    assert not list(models.glob("*int8*"))


def test_lost_average_precision_is_what_a_detector_is_refused_for(models, pack, monkeypatch):
    scores = iter([0.9, 0.9, 0.9, 0.894])
    monkeypatch.setattr(
        "train.evaluation.metrics.score_detections",
        lambda *args: [type("Score", (), {"average_precision": next(scores)})],
    )
    sessions = [OnnxSession(models / "detector.onnx", provider="cpu")] * 2
    check = DetectorCheck(ModelManifest.load(models / "detector.json"), [pack])
    with pytest.raises(ParityError, match=r"faces of 40 px and more\) is 0.60 hundredths below float32's, at most 0.5"):
        check.compare(*sessions)


def test_a_changed_float32_model_and_packs_without_scenes_are_refused(models, pack, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        quantize(models, "detector", [tmp_path / "empty"], models)
    (models / "detector.onnx").write_bytes(b"other")
    with pytest.raises(ManifestMismatchError):
        quantize(models, "detector", [pack], models)


def test_times_are_of_the_fastest_runs_in_turns():
    class Slow:
        def __init__(self, calls):
            self.calls = calls

        def run(self, feed):
            import time

            self.calls.append(self)
            time.sleep(0.002 if self is slow else 0.0005)

    calls = []
    slow, fast = Slow(calls), Slow(calls)
    assert 1.5 < times_as_fast(slow, fast, {}) < 5
    assert calls[:4] == [slow, fast, slow, fast]
