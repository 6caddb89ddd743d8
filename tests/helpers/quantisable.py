"""A small detector that can be quantised."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from smile_edge.detection.decoding import CHANNELS

__all__ = ["network"]


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
