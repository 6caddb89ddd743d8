"""Steps that make a converted graph lean; each takes a model and returns a new one that computes the same.

What tf2onnx leaves behind costs launches on a GPU and time on a CPU: a multiply for the input scale, batch norm after
depthwise convolutions, shape arithmetic around a matrix product, and sizes where a scale would do.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from export.errors import GraphError
from export.graph_view import GraphView, attribute
from smile_edge.types import Array

__all__ = [
    "check_lean",
    "clean",
    "drop_no_ops",
    "fold_batch_norm",
    "fold_input_scale",
    "merge_clips",
    "merge_tensordot",
    "name_constants",
    "name_dimensions",
    "scale_resizes",
]

Shapes = Mapping[str, tuple[int | str, ...]]

_UNWANTED = frozenset({"Transpose", "Shape", "Gather", "Slice", "Tile", "Loop", "If", "Scan", "Identity", "Cast"})
_SHAPE_ARITHMETIC = frozenset({"Cast", "Concat", "Gather", "Slice", "Squeeze", "Unsqueeze"})
_WIDER = {
    (TensorProto.INT32, TensorProto.INT64),
    (TensorProto.FLOAT16, TensorProto.FLOAT),
    (TensorProto.BFLOAT16, TensorProto.FLOAT),
}
_SAME_PIXELS = frozenset(
    {
        (b"tf_half_pixel_for_nn", b"floor"),
        (b"half_pixel", b"round_prefer_floor"),
        (b"half_pixel", b"round_prefer_ceil"),
        (b"asymmetric", b"floor"),
    }
)
"""Coordinate and rounding modes in which nearest upsampling by a whole factor only repeats pixels."""


def clean(model: onnx.ModelProto, inputs: Shapes, outputs: Shapes, *, lean: bool = True) -> onnx.ModelProto:
    """All steps in order, then the check.

    Args:
        model: as converted, with fixed spatial sizes.
        inputs: wanted shape of each input; a name stands for a free size.
        outputs: wanted shape of each output.
        lean: whether the check is made.

    Raises:
        GraphError: something unwanted is left.
    """
    steps = (drop_no_ops, merge_tensordot, scale_resizes, merge_clips, fold_input_scale, fold_batch_norm, drop_no_ops)
    for step in steps:
        model = step(model)
    model = name_dimensions(name_constants(model), inputs, outputs)
    if lean:
        check_lean(model)
    return model


def drop_no_ops(model: onnx.ModelProto) -> onnx.ModelProto:
    """Takes out Identity, `+ 0`, `* 1`, and pairs of Transpose, Reshape or Cast that undo each other."""
    view = GraphView(model)
    shapes = view.shapes()
    for node in view.nodes:
        source = _without(view, node, shapes)
        if source is not None:
            view.bypass(node, source)
    view.prune()
    return view.model


def merge_tensordot(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turns `reshape to 2-d, multiply by a matrix, reshape back to the shape read at run time` into one MatMul."""
    view = GraphView(model)
    shapes = view.shapes()
    for product in [node for node in view.nodes if node.op_type == "MatMul"]:
        flatten, restore = view.producer(product.input[0]), view.only_consumer(product.output[0], "Reshape")
        if flatten is None or restore is None or flatten.op_type != "Reshape":
            continue
        source, matrix = flatten.input[0], view.constants.get(product.input[1])
        width = shapes.get(source, (None,))[-1]
        if matrix is None or matrix.ndim != 2 or width != matrix.shape[0]:
            continue
        if _shape_source(view, restore.input[1]) == source and view.bypass(restore, product.output[0]):
            product.input[0] = source
    view.prune()
    return view.model


def scale_resizes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Gives each Resize constant scales in place of sizes, so that the spatial dimensions may vary.

    Nearest upsampling by whole factors is also rewritten to the coordinates that every provider has a fast path for;
    it reads the same pixels, and the mode that tf2onnx writes is deprecated.

    Raises:
        GraphError: the ratio of a Resize is not known.
    """
    view = GraphView(model)
    shapes = view.shapes()
    for node in [node for node in view.nodes if node.op_type == "Resize"]:
        if len(node.input) > 3 and node.input[3]:
            ratios = _resize_ratios(node, shapes)
            del node.input[3]
            node.input[2] = view.add_constant("scales", ratios)
        scales = view.constants.get(node.input[2])
        coordinates = (attribute(node, "coordinate_transformation_mode"), attribute(node, "nearest_mode"))
        whole = scales is not None and bool((scales == np.round(scales)).all())
        if whole and attribute(node, "mode") == b"nearest" and coordinates in _SAME_PIXELS:
            del node.attribute[:]
            plain = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            node.attribute.extend(helper.make_attribute(name, value) for name, value in plain.items())
            node.input[1] = ""  # the region of interest has no meaning in this mode
    view.prune()
    return view.model


def merge_clips(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turns a Min and a Max with one number each, in either order, into one Clip."""
    view = GraphView(model)
    for first in [node for node in view.nodes if node.op_type in ("Min", "Max") and len(node.input) == 2]:
        second = view.only_consumer(first.output[0], "Max" if first.op_type == "Min" else "Min")
        inner, outer = view.constant_input(first), view.constant_input(second) if second is not None else None
        if second is None or len(second.input) != 2 or inner is None or outer is None:
            continue
        low, high = (inner[0], outer[0]) if first.op_type == "Max" else (outer[0], inner[0])
        if low.size == high.size == 1 and low.item() <= high.item():
            bounds = [view.add_constant(name, value.reshape(())) for name, value in (("low", low), ("high", high))]
            first.op_type = "Clip"
            first.input[:] = [inner[1], *bounds]
            view.bypass(second, first.output[0])
    view.prune()
    return view.model


def fold_input_scale(model: onnx.ModelProto) -> onnx.ModelProto:
    """Moves a multiplication of the input by a number into the weights of the convolutions that follow.

    Only a scale: an offset cannot move past a convolution's zero padding.
    """
    view = GraphView(model)
    inputs = {item.name for item in view.graph.input}
    for node in [node for node in view.nodes if node.op_type == "Mul" and inputs.intersection(node.input)]:
        found = view.constant_input(node)
        readers = view.consumers(node.output[0])
        if found is None or found[0].size != 1 or any(reader.op_type != "Conv" for reader in readers):
            continue
        for reader in readers:
            weights = view.constants[reader.input[1]]
            reader.input[1] = view.add_constant("scaled_weights", (weights * found[0].item()).astype(weights.dtype))
        view.bypass(node, found[1])
    view.prune()
    return view.model


def fold_batch_norm(model: onnx.ModelProto) -> onnx.ModelProto:
    """Moves a per-channel Mul or Add after a convolution (depthwise ones too) into its weights and bias."""
    view = GraphView(model)
    for conv in [node for node in view.nodes if node.op_type == "Conv" and node.input[1] in view.constants]:
        while (after := _channel_step(view, conv)) is not None:
            node, values = after
            weights = view.constants[conv.input[1]]
            bias = view.constants[conv.input[2]] if len(conv.input) > 2 else np.zeros(len(weights), weights.dtype)
            if node.op_type == "Mul":
                weights, bias = weights * values[:, None, None, None], bias * values
                conv.input[1] = view.add_constant("folded_weights", weights)
            else:
                bias = bias + values
            del conv.input[2:]
            conv.input.append(view.add_constant("folded_bias", bias))
            view.bypass(node, conv.output[0])
    view.prune()
    return view.model


def name_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Names and orders constants by the first node that reads them.

    Of equal constants the converter keeps one by chance, with its name; so the same network gives the same file.
    """
    view = GraphView(model)
    stored = {constant.name: constant for constant in view.graph.initializer}
    names: dict[str, str] = {}
    for node in view.nodes:
        for index, name in enumerate(node.input):
            if name in stored:
                node.input[index] = names.setdefault(name, f"constant_{len(names)}")
    del view.graph.initializer[:]
    for old, new in names.items():
        stored[old].name = new
        view.graph.initializer.append(stored[old])
    return view.model


def name_dimensions(model: onnx.ModelProto, inputs: Shapes, outputs: Shapes) -> onnx.ModelProto:
    """Declares the wanted shapes of inputs and outputs; a text is the name of a free size.

    Sizes inferred inside the graph at conversion are dropped: they would contradict the free ones.
    """
    view = GraphView(model)
    del view.graph.value_info[:]
    for items, shapes in ((view.graph.input, inputs), (view.graph.output, outputs)):
        for item in items:
            if item.name in shapes:
                kind = item.type.tensor_type.elem_type
                item.CopyFrom(helper.make_tensor_value_info(item.name, kind, shapes[item.name]))
    return view.model


def check_lean(model: onnx.ModelProto) -> None:
    """Holds that the graph is valid and that nothing unwanted is left.

    Raises:
        GraphError: the operations are named.
    """
    found = sorted({node.op_type for node in model.graph.node} & _UNWANTED)
    if found:
        names = [f"{node.op_type} {node.name or node.output[0]}" for node in model.graph.node if node.op_type in found]
        raise GraphError(
            f"The cleaned graph still holds {', '.join(found)} (first: {names[0]}). Expected none: use static "
            "reshapes and nearest upsampling by `ops.image.resize` in the network."
        )
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise GraphError(f"The cleaned graph is not valid ONNX: {str(error).splitlines()[0]}.") from error


def _without(view: GraphView, node: onnx.NodeProto, shapes: Mapping[str, tuple[int | None, ...]]) -> str | None:
    """The tensor that can stand for the node's output, or None when the node does something."""
    match node.op_type:
        case "Identity":
            return str(node.input[0])
        case "Add" | "Mul":
            found = view.constant_input(node)
            if found is None or found[0].size != 1 or found[0].ndim > len(shapes.get(found[1], ())):
                return None
            return found[1] if found[0].item() == (0 if node.op_type == "Add" else 1) else None
        case "Transpose" | "Cast" | "Reshape":
            before = view.producer(node.input[0])
            if before is None or before.op_type != node.op_type:
                return None
            return _without_pair(view, before, node)
    return None


def _without_pair(view: GraphView, first: onnx.NodeProto, second: onnx.NodeProto) -> str | None:
    source = str(first.input[0])
    if second.op_type == "Transpose":
        one, two = attribute(first, "perm"), attribute(second, "perm")
        return source if one and two and [one[axis] for axis in two] == sorted(two) else None
    if second.op_type == "Cast":
        pair = (_type_of(view, source), attribute(first, "to"))
        return source if pair in _WIDER and attribute(second, "to") == pair[0] else None
    # Reshape: the second one alone decides the shape, unless it copies a size (0) from the first.
    shape = view.constants.get(second.input[1])
    if shape is not None and 0 not in shape:
        second.input[0] = source
    return None


def _resize_ratios(node: onnx.NodeProto, shapes: Mapping[str, tuple[int | None, ...]]) -> Array:
    """Scales of a Resize by sizes, from the sizes at conversion; batch and channels stay."""
    before, after = shapes.get(node.input[0]), shapes.get(node.output[0])
    ratios = [1.0, 1.0]
    for small, large in zip((before or ())[2:], (after or ())[2:], strict=False):
        if small and large:
            ratios.append(large / small)
    if len(ratios) != 4:
        raise GraphError(f"Resize {node.name!r} has no known ratio. Expected a fixed spatial size at conversion.")
    return np.array(ratios, np.float32)


def _type_of(view: GraphView, tensor: str) -> int | None:
    graph = onnx.shape_inference.infer_shapes(view.model).graph
    items = (*graph.input, *graph.value_info, *graph.output)
    return next((item.type.tensor_type.elem_type for item in items if item.name == tensor), None)


def _shape_source(view: GraphView, tensor: str) -> str | None:
    """The tensor whose shape, read at run time, this shape was computed from."""
    node = view.producer(tensor)
    if node is None:
        return None
    if node.op_type == "Shape":
        return str(node.input[0])
    if node.op_type not in _SHAPE_ARITHMETIC:
        return None
    sources = {_shape_source(view, name) for name in node.input if name not in view.constants}
    return sources.pop() if len(sources) == 1 else None


def _channel_step(view: GraphView, conv: onnx.NodeProto) -> tuple[onnx.NodeProto, Array] | None:
    """The Mul or Add by one number a channel that alone reads the convolution, and those numbers `(channels,)`."""
    channels = len(view.constants[conv.input[1]])
    for op_type in ("Mul", "Add"):
        node = view.only_consumer(conv.output[0], op_type)
        found = None if node is None else view.constant_input(node)
        if node is None or found is None:
            continue
        if found[0].shape in ((1, channels, 1, 1), (channels, 1, 1)) or found[0].size == 1:
            return node, np.broadcast_to(found[0].reshape(-1), (channels,))
    return None
