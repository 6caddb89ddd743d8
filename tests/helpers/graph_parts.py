"""A tensor of a graph under construction, computed."""

import onnx
from onnx import helper

from smile_edge.runtime.session import OnnxSession

__all__ = ["run_tensor", "value"]


def run_tensor(tmp_path, nodes, result, inputs, feeds):
    """The value of a tensor of a graph under construction."""
    output = helper.make_tensor_value_info(result.name, helper.np_dtype_to_tensor_dtype(result.dtype), None)
    graph = helper.make_graph(nodes.nodes, "g", inputs, [output], list(nodes.constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "part.onnx")
    return OnnxSession(tmp_path / "part.onnx", provider="cpu").run(feeds)[result.name]


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)
