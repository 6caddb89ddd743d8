"""Peers: given, not given, or not what they are said to be."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Child, Plan, missing
from benchmarks.speed.registry import SUITES
from benchmarks.speed.report.results import rows_table
from benchmarks.speed.suites.peers import FACES, MEDIAPIPE, OURS, YUNET, stream_name
from benchmarks.speed.suites.scene import compose
from train.errors import DataError


def test_peers_that_were_not_given_are_said(tmp_path):
    cases = {case.name: case for case in SUITES["peers"].cases(Plan(tmp_path))}
    assert "--setup-mediapipe" in cases[stream_name(MEDIAPIPE, FACES[0])].absent
    assert "--yunet" in next(case for name, case in cases.items() if name.startswith(YUNET)).absent
    assert cases[stream_name(OURS, FACES[0])].absent is None
    rows = [missing(case.name, case.absent) for case in cases.values() if case.absent]
    assert rows_table(rows).count("Not measured: ") == len(rows) == 7


@pytest.mark.parametrize("option", ["mediapipe", "yunet"])
def test_a_peer_that_was_given_and_is_not_there_is_an_error(tmp_path, option):
    with pytest.raises(DataError, match=r"gone"):
        SUITES["peers"].cases(Plan(tmp_path, options={option: tmp_path / "gone"}))


def write_yunet(path: Path) -> None:
    """A network with YuNet's inputs and outputs (and no idea of faces)."""
    onnx = pytest.importorskip("onnx", reason="needs onnx: pip install '.[dev]'")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes, weights, outputs = [], [], []
    for name, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            out, filters = f"{name}_{stride}", np.zeros((channels, 3, stride, stride), np.float32)
            weights.append(onnx.numpy_helper.from_array(filters, f"{out}_w"))
            weights.append(onnx.numpy_helper.from_array(np.array([1, -1, channels]), f"{out}_s"))
            nodes.append(make.make_node("Conv", ["input", f"{out}_w"], [f"{out}_a"], strides=[stride, stride]))
            nodes.append(make.make_node("Transpose", [f"{out}_a"], [f"{out}_b"], perm=[0, 2, 3, 1]))
            nodes.append(make.make_node("Reshape", [f"{out}_b", f"{out}_s"], [out]))
            outputs.append(make.make_tensor_value_info(out, kind, [1, None, channels]))
    image = make.make_tensor_value_info("input", kind, [1, 3, "height", "width"])
    graph = make.make_graph(nodes, "yunet", [image], outputs, weights)
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), path)


def test_yunet_is_timed_in_opencv_and_in_onnxruntime(tmp_path):
    write_yunet(tmp_path / "yunet.onnx")
    np.save(tmp_path / "1.npy", compose("480p", 1, 1).images)
    paths = {"file": str(tmp_path / "yunet.onnx")}
    child = Child({"faces": 1}, paths=paths, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    works = SUITES["peers"].works
    assert works["yunet_bare"](child)["size"] == "640x480"
    assert works["yunet"](child)["faces_found"] == 0
    (tmp_path / "yunet.onnx").write_bytes(b"not a network")
    with pytest.raises(DataError, match="no YuNet"):
        works["yunet"](child)
