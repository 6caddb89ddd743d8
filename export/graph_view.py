"""Reading and rewiring an ONNX graph: the few questions that every cleaning step asks."""

from collections.abc import Mapping
from typing import Any

import onnx
from onnx import numpy_helper, shape_inference

from smile_edge.types import Array

__all__ = ["GraphView", "attribute"]


class GraphView:
    """A model with its producers, consumers, constants and shapes looked up by tensor name.

    Steps change the graph through `bypass`, `add_constant` and `prune`.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """Works on a copy of `model`."""
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self.graph = self.model.graph
        self.constants: dict[str, Array] = {}
        self._lift_constants()

    @property
    def nodes(self) -> list[onnx.NodeProto]:
        """The nodes, in order, in a list of its own (safe to change the graph while reading it)."""
        return list(self.graph.node)

    def producer(self, tensor: str) -> onnx.NodeProto | None:
        """The node that makes a tensor; None for inputs and constants."""
        return next((node for node in self.graph.node if tensor in node.output), None)

    def consumers(self, tensor: str) -> list[onnx.NodeProto]:
        """The nodes that read a tensor."""
        return [node for node in self.graph.node if tensor in node.input]

    def is_output(self, tensor: str) -> bool:
        """Whether the graph hands the tensor out."""
        return any(output.name == tensor for output in self.graph.output)

    def only_consumer(self, tensor: str, op_type: str) -> onnx.NodeProto | None:
        """The consumer of a tensor that nobody else reads, when it is of this type."""
        found = self.consumers(tensor)
        if len(found) == 1 and found[0].op_type == op_type and not self.is_output(tensor):
            return found[0]
        return None

    def constant_input(self, node: onnx.NodeProto) -> tuple[Array, str] | None:
        """Of a node with two inputs of which one is constant: the constant and the name of the other input."""
        for index in (0, 1):
            if node.input[index] in self.constants and node.input[1 - index] not in self.constants:
                return self.constants[node.input[index]], node.input[1 - index]
        return None

    def shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """Inferred shapes of all tensors that have one; None for a free size."""
        graph = shape_inference.infer_shapes(self.model, data_prop=True).graph
        found: dict[str, tuple[int | None, ...]] = {name: value.shape for name, value in self.constants.items()}
        for info in (*graph.input, *graph.value_info, *graph.output):
            if info.type.tensor_type.HasField("shape"):
                dims = info.type.tensor_type.shape.dim
                found[info.name] = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in dims)
        return found

    def bypass(self, node: onnx.NodeProto, stand_in: str) -> bool:
        """Takes a node out and lets the readers of its (one) output read `stand_in`.

        Where the output is one of the graph's, its name moves to `stand_in`; that cannot be done to another input or
        output of the graph, and then nothing changes.

        Returns:
            Whether the node was taken out.
        """
        old = node.output[0]
        maker = self.producer(stand_in)
        if self.is_output(old) and (maker is None or self.is_output(stand_in)):
            return False
        self.graph.node.remove(node)
        if self.is_output(old) and maker is not None:
            _rename(maker.output, stand_in, old)
            old, stand_in = stand_in, old
        for reader in self.graph.node:
            _rename(reader.input, old, stand_in)
        return True

    def add_constant(self, name: str, value: Array) -> str:
        """A new constant; returns its name, made unique."""
        base, count = name, 0
        while name in self.constants:
            count += 1
            name = f"{base}_{count}"
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        self.constants[name] = value
        return name

    def prune(self) -> None:
        """Takes out nodes and constants that no output needs."""
        needed = {output.name for output in self.graph.output}
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
            else:
                self.graph.node.remove(node)
        for constant in list(self.graph.initializer):
            if constant.name not in needed:
                self.graph.initializer.remove(constant)
                del self.constants[constant.name]

    def _lift_constants(self) -> None:
        for constant in self.graph.initializer:
            self.constants[constant.name] = numpy_helper.to_array(constant)
        for node in self.nodes:
            if node.op_type == "Constant" and attribute(node, "value") is not None:
                self.add_constant(node.output[0], numpy_helper.to_array(attribute(node, "value")))
                self.graph.node.remove(node)


def attribute(node: onnx.NodeProto, name: str) -> Any:
    """The value of an attribute, or None."""
    return next((onnx.helper.get_attribute_value(item) for item in node.attribute if item.name == name), None)


def _rename(names: Any, old: str, new: str) -> None:
    for index, name in enumerate(names):
        if name == old:
            names[index] = new
