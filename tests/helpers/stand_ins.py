"""Tiny models with the shipped ones' inputs and outputs, made in milliseconds: arbitrary, but every pixel matters."""

from pathlib import Path

import numpy as np
import onnx
from fake_world import face_points
from onnx import TensorProto, helper, numpy_helper

from smile_edge.detection.decoding import CHANNELS
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, sha256_of
from smile_edge.topology import TOPOLOGY_49

STRIDES, LONG_SIDE, CROP_PX, CROP_SCALE = (8, 16), 64, 24, 2.6

_OUTPUTS = {"points": 98, "sigma": 49, "face": 1, "box": 4}
_SHARES = {"visible": 49, "expression": 51}
_SHAPES = {
    "points": ("n", 49, 2), "sigma": ("n", 49), "face": ("n",), "box": ("n", 4),
    "visible": ("n", 49), "expression": ("n", 51),
}  # fmt: skip


def write_models(folder: Path, *, seed: int = 0, without: str | None = None, shares: bool = False) -> Path:
    """`detector` and `landmarks` with their manifests; `without` leaves out an output of the latter, `shares` adds what
    is covered and the expression."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    levels = tuple(TensorSpec(f"level{s}", "float32", ("n", CHANNELS, f"h/{s}", f"w/{s}")) for s in STRIDES)
    image = TensorSpec("image", "float32", ("n", 3, "h", "w"))
    parameters = {
        "strides": list(STRIDES),
        "long_side": LONG_SIDE,
        "image_long_sides": [LONG_SIDE, 2 * LONG_SIDE],
        "score_threshold": 0.6,
        "candidate_threshold": 0.1,
        "nms_iou": 0.3,
    }
    _write(folder, "detector", _detector(rng), (image,), levels, parameters)
    crops = TensorSpec("crops", "float32", ("n", 3, CROP_PX, CROP_PX))
    names = [name for name in (*_OUTPUTS, *(_SHARES if shares else ())) if name != without]
    outputs = tuple(TensorSpec(name, "float32", _SHAPES[name]) for name in names)
    model = _landmarks(rng, names)
    _write(folder, "landmarks", model, (crops,), outputs, {"crop_px": CROP_PX, "crop_scale": CROP_SCALE})
    return folder


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture `(h, w, 3)` of soft random shapes that fill its whole range."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = [
        sum(
            np.sin(rng.uniform(4, 30) * (x * np.cos(a) + y * np.sin(a)) + rng.uniform(0, 6))
            for a in rng.uniform(0, 6, 5)
        )
        for _ in range(3)
    ]
    stacked = np.stack(waves, -1)
    return (255 * (stacked - stacked.min()) / np.ptp(stacked)).astype(np.uint8)


def _five_points() -> np.ndarray:
    """Five points in fractions of their box: `(10,)`."""
    five = TOPOLOGY_49.five_points(face_points(0, 0, 0.35))
    return five.ravel()


def _detector(rng: np.random.Generator) -> onnx.ModelProto:
    """Each map: the mean colour of each cell through a random matrix."""
    nodes, constants, outputs = [], [], []
    for stride in STRIDES:
        weights = rng.normal(0, 1, (CHANNELS, 3, 1, 1)) / 60
        weights[1:15] /= 8  # box and points may move a little
        bias = -128 * weights.sum((1, 2, 3))
        bias[3:5] += np.log(2.5)  # boxes of a few cells, so that they overlap
        bias[5:15] += _five_points()
        constants += [_constant(f"w{stride}", weights), _constant(f"b{stride}", bias)]
        nodes.append(
            helper.make_node(
                "AveragePool", ["image"], [f"mean{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        nodes.append(helper.make_node("Conv", [f"mean{stride}", f"w{stride}", f"b{stride}"], [f"level{stride}"]))
        outputs.append(_value(f"level{stride}", ["n", CHANNELS, f"h/{stride}", f"w/{stride}"]))
    return _model(nodes, [_value("image", ["n", 3, "h", "w"])], outputs, constants)


def _landmarks(rng: np.random.Generator, names: list[str]) -> onnx.ModelProto:
    """All outputs: the whole crop through a random matrix, points around the middle of the crop."""
    nodes, constants, outputs = [], [], []
    middles = {
        "points": face_points((CROP_PX - 1) / 2, (CROP_PX - 1) / 2, CROP_PX / CROP_SCALE).ravel(),
        "sigma": np.zeros(49),
        "face": np.zeros(1),
        "box": np.array([3, 2, 17, 19]),
    }
    for name in names:
        count = (_OUTPUTS | _SHARES)[name]
        weights = rng.normal(0, 0.04, (count, 3, CROP_PX, CROP_PX)) / 255
        bias = middles.get(name, np.zeros(count)) - 128 * weights.sum((1, 2, 3))
        constants += [_constant(f"{name}_w", weights), _constant(f"{name}_b", bias)]
        shape = [-1 if size == "n" else size for size in _SHAPES[name]]
        constants.append(numpy_helper.from_array(np.array(shape, np.int64), f"{name}_shape"))
        nodes.append(helper.make_node("Conv", ["crops", f"{name}_w", f"{name}_b"], [f"{name}_raw"]))
        last = {"sigma": "Exp", **dict.fromkeys(("face", *_SHARES), "Sigmoid")}.get(name, "Identity")
        nodes.append(helper.make_node("Reshape", [f"{name}_raw", f"{name}_shape"], [f"{name}_flat"]))
        nodes.append(helper.make_node(last, [f"{name}_flat"], [name]))
        outputs.append(_value(name, list(_SHAPES[name])))
    return _model(nodes, [_value("crops", ["n", 3, CROP_PX, CROP_PX])], outputs, constants)


def _value(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _constant(name, value):
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def _model(nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, "stand_in", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _write(folder, name, model, inputs, outputs, parameters):
    path = folder / f"{name}.onnx"
    onnx.save(model, path)
    ModelManifest(
        name=name,
        task="test",
        file=path.name,
        sha256=sha256_of(path),
        opset=17,
        inputs=inputs,
        outputs=outputs,
        topology=TOPOLOGY_49.name,
        licence="Apache-2.0",
        parameters=parameters,
    ).save(folder / f"{name}.json")
