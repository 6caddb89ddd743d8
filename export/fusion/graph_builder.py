"""ONNX graphs written as arithmetic: `Tensor` has Python's operators, `Nodes` collects what they make."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from smile_edge.types import Array

__all__ = ["Nodes", "Tensor", "concat"]

Number = int | float


class Tensor:
    """One tensor of a graph under construction; plain numbers beside it become constants of its type."""

    def __init__(self, nodes: "Nodes", name: str, dtype: npt.DTypeLike) -> None:
        self.nodes, self.name, self.dtype = nodes, name, np.dtype(dtype)

    def op(
        self, kind: str, *others: "Tensor | Number | Array", dtype: npt.DTypeLike | None = None, **attributes: Any
    ) -> "Tensor":
        """A node that reads this tensor and `others`; the result has this tensor's type unless `dtype` says else."""
        inputs = [self, *(self._lifted(other) for other in others)]
        return self.nodes.op(kind, *inputs, dtype=dtype or self.dtype, **attributes)

    def top(self, count: int) -> "tuple[Tensor, Tensor]":
        """The largest values of the last axis, largest first, and their places."""
        k = self.nodes.constant(np.array([count], np.int64))
        values, places = self.nodes.ops("TopK", self, k, dtypes=[self.dtype, np.int64])
        return values, places

    def range(self) -> "Tensor":
        """0, 1, ... up to this scalar."""
        zero, one = (self.nodes.constant(np.array(value, self.dtype)) for value in (0, 1))
        return self.nodes.op("Range", zero, self, one, dtype=self.dtype)

    def cast(self, dtype: npt.DTypeLike) -> "Tensor":
        """The same values in another type."""
        to = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.nodes.op("Cast", self, dtype=dtype, to=to)

    def reshape(self, *shape: int) -> "Tensor":
        """As `numpy.reshape`; 0 keeps a size, -1 takes what is left."""
        return self.nodes.op("Reshape", self, self.nodes.constant(np.array(shape, np.int64)), dtype=self.dtype)

    def transpose(self, *axes: int) -> "Tensor":
        """As `numpy.transpose`."""
        return self.nodes.op("Transpose", self, dtype=self.dtype, perm=list(axes))

    def cut(self, start: int, stop: int, axis: int) -> "Tensor":
        """`start:stop` of one axis."""
        ends = [self.nodes.constant(np.array([value], np.int64)) for value in (start, stop, axis)]
        return self.nodes.op("Slice", self, *ends, dtype=self.dtype)

    def take(self, index: "Tensor | Array", axis: int = 0) -> "Tensor":
        """Rows by number along an axis; the index gives the shape."""
        return self.nodes.op("Gather", self, self.nodes.lifted(index, np.int64), dtype=self.dtype, axis=axis)

    def sum(self, axis: int) -> "Tensor":
        """The sum along one axis, which stays with size 1."""
        axes = self.nodes.constant(np.array([axis], np.int64))
        return self.nodes.op("ReduceSum", self, axes, dtype=self.dtype, keepdims=1)

    def _lifted(self, other: "Tensor | Number | Array") -> "Tensor":
        return self.nodes.lifted(other, self.dtype)

    def __add__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Add", self, self._lifted(other), dtype=self.dtype)

    def __sub__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Sub", self, self._lifted(other), dtype=self.dtype)

    def __mul__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Mul", self, self._lifted(other), dtype=self.dtype)

    def __truediv__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Div", self, self._lifted(other), dtype=self.dtype)

    def __matmul__(self, other: "Tensor | Array") -> "Tensor":
        return self.nodes.op("MatMul", self, self._lifted(other), dtype=self.dtype)

    def __rmatmul__(self, other: Array) -> "Tensor":
        return self.nodes.op("MatMul", self._lifted(other), self, dtype=self.dtype)

    def __gt__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Greater", self, self._lifted(other), dtype=np.bool_)

    def __lt__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("Less", self, self._lifted(other), dtype=np.bool_)

    def __ge__(self, other: "Tensor | Number") -> "Tensor":
        return self.nodes.op("GreaterOrEqual", self, self._lifted(other), dtype=np.bool_)

    # numpy must hand `array @ tensor` over to `__rmatmul__` instead of trying it element by element.
    __array_ufunc__ = None


class Nodes:
    """The nodes and constants of a graph under construction, in order."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self._by_content: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def op(self, kind: str, *inputs: Tensor, dtype: npt.DTypeLike, **attributes: Any) -> Tensor:
        """One node with one output."""
        return self.ops(kind, *inputs, dtypes=[dtype], **attributes)[0]

    def ops(self, kind: str, *inputs: Tensor, dtypes: Sequence[npt.DTypeLike], **attributes: Any) -> list[Tensor]:
        """One node with an output for each of `dtypes`."""
        base = f"{kind}_{len(self.nodes)}"
        names = [base if len(dtypes) == 1 else f"{base}_{index}" for index in range(len(dtypes))]
        self.nodes.append(helper.make_node(kind, [one.name for one in inputs], names, name=base, **attributes))
        return [Tensor(self, name, dtype) for name, dtype in zip(names, dtypes, strict=True)]

    def constant(self, value: Array) -> Tensor:
        """A constant; the same content is kept once."""
        value = np.ascontiguousarray(value) if value.ndim else value
        key = (str(value.dtype), value.shape, value.tobytes())
        if key not in self._by_content:
            name = self._by_content[key] = f"constant_{len(self._by_content)}"
            self.constants[name] = numpy_helper.from_array(value, name)
        return Tensor(self, self._by_content[key], value.dtype)

    def lifted(self, value: Tensor | Number | Array, dtype: npt.DTypeLike) -> Tensor:
        """A tensor as it is, an array as a constant of its own type, a number as one of `dtype`."""
        if isinstance(value, Tensor):
            return value
        return self.constant(value if isinstance(value, np.ndarray) else np.asarray(value, dtype))

    def embed(self, model: onnx.ModelProto, feeds: Mapping[str, Tensor], weights: str, place: str) -> dict[str, Tensor]:
        """All nodes of a float32 model, reading `feeds` in place of its inputs.

        Args:
            model: with its constants as initialisers.
            feeds: by the name of each input.
            weights: prefix of its constants; embedding a model twice under one prefix keeps them once.
            place: prefix of everything else; must differ each time.

        Returns:
            Its outputs by name.
        """
        names = {name: feed.name for name, feed in feeds.items()} | {"": ""}
        for constant in model.graph.initializer:
            names[constant.name] = f"{weights}/{constant.name}"
            if names[constant.name] not in self.constants:
                copy = onnx.TensorProto()
                copy.CopyFrom(constant)
                copy.name = names[constant.name]
                self.constants[copy.name] = copy
        for node in model.graph.node:
            for output in node.output:
                names[output] = f"{place}/{output}"
            copied = onnx.NodeProto()
            copied.CopyFrom(node)
            copied.name = f"{place}/{node.output[0]}"  # a model need not name its nodes
            copied.input[:] = [names[name] for name in node.input]
            copied.output[:] = [names[name] for name in node.output]
            self.nodes.append(copied)
        return {output.name: Tensor(self, names[output.name], np.float32) for output in model.graph.output}


def concat(parts: Sequence[Tensor], axis: int) -> Tensor:
    """Tensors of one type after one another."""
    return parts[0].nodes.op("Concat", *parts, dtype=parts[0].dtype, axis=axis)
