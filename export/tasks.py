"""What each task's model takes and gives, in Keras and in ONNX."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from smile_edge.measures.expression import LEARNT
from smile_edge.runtime.manifest import TensorSpec
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import Array

__all__ = ["DENSE_LANDMARKS", "EXPRESSIONS", "POINTS", "TASKS", "ExportTask", "points_task", "task_of"]

Shape = tuple[int | str, ...]

EXPRESSIONS = len(LEARNT)
"""Coefficients that the network of 70 points gives: ARKit's in their alphabetical order, without `tongueOut`."""


@dataclass(frozen=True, slots=True)
class ExportTask:
    """One model's contract with the runtime."""

    name: str
    """Of the files: `models/<name>.onnx` and `.json`."""
    task: str
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]
    topology: str
    convert_size: tuple[int, int]
    """Height and width px at which the graph is traced."""
    parity_sizes: tuple[tuple[int, int], ...]
    """Heights and widths px at which ONNX is compared with Keras."""
    parameters: Mapping[str, Any]
    """What the runtime reads from the manifest, with the values used unless others are given."""
    maps: tuple[str, ...] = ()
    """Outputs that Keras gives channels last and ONNX channels first."""
    logits: tuple[str, ...] = ()
    """Outputs that Keras gives as `(n, 1)` logits and ONNX as `(n,)` probabilities."""
    shares: tuple[str, ...] = ()
    """Outputs that Keras gives as logits and ONNX as shares 0..1 of the same shape."""
    batch_sizes: tuple[int, ...] = field(default=(1, 3))
    lean: bool = True
    """Whether the graph must be free of what a plan of our own never needs (`passes.check_lean`)."""
    own_data: bool = False
    """Whether the data are those of the one who trains it, of which nothing is known here."""

    @property
    def channels(self) -> int:
        """Channels of the images."""
        return int(self.input.shape[1])

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """Shape of the input by name."""
        return {self.input.name: self.input.shape}

    @property
    def output_shapes(self) -> dict[str, Shape]:
        """Shapes of the outputs by name."""
        return {output.name: output.shape for output in self.outputs}

    def reference(self, keras_outputs: Mapping[str, Array]) -> dict[str, Array]:
        """What ONNX must give where Keras gives this: computed in numpy, apart from the converted graph."""
        wanted: dict[str, Array] = {}
        for output in self.outputs:
            value: Array = np.asarray(keras_outputs[output.name], np.float32)
            if output.name in self.maps:
                value = value.transpose(0, 3, 1, 2)  # (n, c, h, w)
            if output.name in self.logits:
                value = 1 / (1 + np.exp(-value[:, 0]))  # (n,)
            if output.name in self.shares:
                value = 1 / (1 + np.exp(-value))
            wanted[output.name] = value
        return wanted


def _image(name: str, height: int | str, width: int | str) -> TensorSpec:
    return TensorSpec(name, "float32", ("n", 3, height, width), layout="NCHW", colour="BGR", range=(0.0, 255.0))


def _level(stride: int) -> TensorSpec:
    meaning = f"raw head at stride {stride}: face logit, box (4), five points (10), angle bins (12)"
    return TensorSpec(f"level{stride}", "float32", ("n", 27, f"h/{stride}", f"w/{stride}"), meaning=meaning)


_LANDMARKS = ExportTask(
    name="landmarks",
    task="face-landmarks",
    input=_image("crops", 96, 96),
    outputs=(
        TensorSpec("points", "float32", ("n", 49, 2), meaning="x, y in crop px; a pixel's centre is a whole number"),
        TensorSpec("sigma", "float32", ("n", 49), meaning="expected error of each point in crop px (Laplace scale)"),
        TensorSpec("face", "float32", ("n",), meaning="probability that the crop shows a face, 0..1"),
        TensorSpec("box", "float32", ("n", 4), meaning="left, top, width, height of the face in crop px"),
    ),
    topology=TOPOLOGY_49.name,
    convert_size=(96, 96),
    parity_sizes=((96, 96),),
    parameters={"crop_px": 96, "crop_scale": 2.6},
    logits=("face",),
)

_SHARES = (
    TensorSpec("visible", "float32", ("n", 70), meaning="probability that nothing covers the point, 0..1"),
    TensorSpec("expression", "float32", ("n", EXPRESSIONS), meaning="ARKit's coefficients but tongueOut, 0..1"),
)
DENSE_LANDMARKS = replace(
    _LANDMARKS,
    outputs=(
        *(replace(output, shape=("n", 70, *output.shape[2:])) for output in _LANDMARKS.outputs[:2]),
        *_LANDMARKS.outputs[2:],
        *_SHARES,
    ),
    topology=TOPOLOGY_70.name,
    parameters={"crop_px": 96, "crop_scale": 2.8, "crop_shift": 0.2},
    shares=tuple(output.name for output in _SHARES),
)
"""The landmark network of 70 points, what covers them, and the expression."""

_DETECTOR = ExportTask(
    name="detector",
    task="face-detection",
    input=_image("image", "h", "w"),
    outputs=(_level(8), _level(16), _level(32)),
    topology="five-points",
    convert_size=(256, 320),
    parity_sizes=((256, 320), (192, 128)),
    parameters={
        "strides": [8, 16, 32],
        "angle_bins": 12,
        "long_side": 320,
        "image_long_sides": [320, 640],
        "score_threshold": 0.55,
        "stream_threshold": 0.5,
        "candidate_threshold": 0.05,
        "small_face_px": 36,
        "small_face_score": 0.12,
        "nms_iou": 0.45,
    },
    maps=("level8", "level16", "level32"),
)

POINTS = "points"
"""Name of the task of `points_task`."""


def points_task(names: Sequence[str], size_px: int) -> ExportTask:
    """The task of a network of `train.compare`: points on a whole grey image, without a crop, a sigma or a face score.

    Args:
        names: of the points.
        size_px: side of the image.
    """
    return ExportTask(
        name=POINTS,
        task="image-points",
        input=TensorSpec("image", "float32", ("n", 1, size_px, size_px), layout="NCHW", colour="grey",
                         range=(0.0, 255.0)),
        outputs=(
            TensorSpec(POINTS, "float32", ("n", len(names), 2), meaning="x, y px; a pixel's centre is a whole number"),
        ),
        topology="named",
        convert_size=(size_px, size_px),
        parity_sizes=((size_px, size_px),),
        parameters={"names": list(names)},
        lean=False,
        own_data=True,
    )  # fmt: skip


TASKS: Mapping[str, ExportTask] = {task.name: task for task in (_LANDMARKS, _DETECTOR)}
"""Those of the runtime, by name."""


def task_of(name: str, outputs: Iterable[str]) -> ExportTask:
    """The task of this name, in the form that gives these outputs where it has several."""
    if name == DENSE_LANDMARKS.name and set(DENSE_LANDMARKS.shares) <= set(outputs):
        return DENSE_LANDMARKS
    return TASKS[name]
