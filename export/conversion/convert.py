"""Keras to a clean ONNX model of a task."""

import logging
from typing import Any

import onnx
import tensorflow as tf
import tf2onnx

from export.conversion.passes import clean
from export.errors import SignatureError, WeightsError
from export.tasks import ExportTask
from smile_edge import __version__

__all__ = ["OPSET", "convert", "output_names"]

OPSET = 17
"""Newest opset in which tf2onnx keeps global pooling, and the one that the CUDA GridSample is registered for."""


def convert(model: Any, task: ExportTask) -> onnx.ModelProto:
    """The model as a clean ONNX graph with the task's names and shapes.

    Args:
        model: a Keras model in float32 (`weights.in_float32`) that returns a dict of the task's outputs.
        task: what the graph must take and give.

    Raises:
        WeightsError: the Keras model has other outputs than the task.
        GraphError: the graph cannot be cleaned.
        SignatureError: the converted graph has other names or sizes than the task.
    """
    names = [output.name for output in task.outputs]
    given = output_names(model)
    if sorted(given) != sorted(names):
        raise WeightsError(f"A {task.name} model must give {names}. Received: {given}. Name the right --task.")
    _check_channels(model, task)
    signature = [tf.TensorSpec((None, *task.convert_size, task.channels), tf.float32, name=task.input.name)]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator, unused-ignore]
    def run(image: Any) -> Any:
        outputs = dict(model(image, training=False))
        for name in task.logits:
            outputs[name] = tf.reshape(tf.sigmoid(outputs[name]), (-1,))  # (n,)
        for name in task.shares:
            outputs[name] = tf.sigmoid(outputs[name])
        return {name: outputs[name] for name in names}

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    converted, _ = tf2onnx.convert.from_function(
        run,
        input_signature=signature,
        opset=OPSET,
        inputs_as_nchw=[task.input.name],
        outputs_as_nchw=list(task.maps),
    )
    _check_sizes(converted, task)
    cleaned = clean(converted, task.input_shapes, task.output_shapes, lean=task.lean)
    cleaned.producer_name, cleaned.producer_version = "smile-edge", __version__
    cleaned.graph.name, cleaned.doc_string = task.name, ""
    return cleaned


def output_names(model: Any) -> list[str]:
    """What a Keras model gives, by name."""
    return list(model.output) if isinstance(model.output, dict) else list(model.output_names)


def _check_channels(model: Any, task: ExportTask) -> None:
    shape = model.input_shape
    fits = isinstance(shape, tuple) and len(shape) == 4
    if not fits or any(
        a is not None and a != b for a, b in zip(shape[1:], (*task.convert_size, task.channels), strict=True)
    ):
        wanted = ", ".join(map(str, ("n", *task.convert_size, task.channels)))
        raise WeightsError(
            f"A {task.name} model must take images ({wanted}). "
            f"Received: `model.input_shape={shape}`. Name the right --task."
        )


def _check_sizes(converted: onnx.ModelProto, task: ExportTask) -> None:
    """Holds the converted graph's names and known sizes against the task, before new ones are declared."""
    sizes = {"h": task.convert_size[0], "w": task.convert_size[1]}
    for items, wanted in (
        (converted.graph.input, task.input_shapes),
        (converted.graph.output, task.output_shapes),
    ):
        found = {item.name: [dim.dim_value for dim in item.type.tensor_type.shape.dim] for item in items}
        if sorted(found) != sorted(wanted):
            raise SignatureError(f"The converted {task.name} graph names {sorted(found)}. Expected: {sorted(wanted)}.")
        for name, shape in wanted.items():
            expected = [_size(size, sizes) for size in shape]
            same = len(expected) == len(found[name]) and all(
                not (a and b) or a == b for a, b in zip(expected, found[name], strict=True)
            )
            if not same:
                raise SignatureError(f"{name!r} has the sizes {found[name]}. Expected: {expected} (0 is free).")


def _size(size: int | str, sizes: dict[str, int]) -> int:
    """A size of the task at the size of conversion; 0 for the batch."""
    if isinstance(size, int):
        return size
    side, _, stride = size.partition("/")
    return sizes[side] // int(stride or 1) if side in sizes else 0
