"""A quantised model keeps what must stay in float32, is the same every time, and is refused when it is worse."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper
from quantisable import network
from stand_ins import picture, write_models
from typer.testing import CliRunner

from export.__main__ import app
from export.errors import GraphError, ParityError
from export.graph_view import GraphView
from export.quantization import quantize as module
from export.quantization.check import CHECKS, DetectorCheck
from export.quantization.quantize import integer_nodes, quantize, quantized
from smile_edge.errors import ManifestMismatchError
from smile_edge.runtime.manifest import find_models, sha256_of
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.session import OnnxSession
from train.errors import DataError


def pictures(count=4):
    return [picture(64, 96, seed).transpose(2, 0, 1)[None].astype(np.float32) for seed in range(count)]


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
    fine = "visible" in _outputs(model)  # a landmarker of 70 points has finer heatmaps as well
    first, last = CHECKS[name].FLOAT_FIRST, {"detector": 3, "landmarks": 2 + fine}[name]
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


def test_a_changed_float32_model_and_packs_without_scenes_are_refused(models, pack, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        quantize(models, "detector", [tmp_path / "empty"], models)
    (models / "detector.onnx").write_bytes(b"other")
    with pytest.raises(ManifestMismatchError):
        quantize(models, "detector", [pack], models)
