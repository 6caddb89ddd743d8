"""Parts of the one-graph pipeline, each against the code that it stands for."""

from dataclasses import replace

import cv2
import numpy as np
import onnx
import pytest
from graph_parts import run_tensor, value
from onnx import TensorProto
from stand_ins import CROP_PX, CROP_SCALE, LONG_SIDE, STRIDES, picture

from export.fusion import graph as fusion_graph
from export.fusion.graph import CANDIDATES, FusedSettings, fused_graph
from export.fusion.graph_builder import Nodes, Tensor
from export.fusion.pyramid_atlas import Atlas
from smile_edge.imaging.letterbox import preprocess
from smile_edge.runtime.session import OnnxSession

SETTINGS = FusedSettings(STRIDES, LONG_SIDE, 0.3, CROP_PX, CROP_SCALE, faces=8)


@pytest.mark.parametrize(
    "size", [(120, 160), (64, 64), (480, 640), (333, 640), (251, 97), (40, 50), (1000, 900), (301, 299)]
)
def test_the_frame_is_shrunk_into_the_letterbox_as_the_detector_shrinks_it(tmp_path, size):
    image = picture(*size)
    wanted = preprocess([image], LONG_SIDE, max(STRIDES))[0]

    nodes = Nodes()
    small, _ = fusion_graph._letterbox(Atlas.of(Tensor(nodes, "frame", np.uint8)), SETTINGS)
    found = run_tensor(
        tmp_path, nodes, small, [value("frame", TensorProto.UINT8, ["height", "width", 3])], {"frame": image}
    )

    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 2  # rounded after each halving there


def test_rounds_of_suppression_keep_what_a_greedy_search_keeps(tmp_path):
    rng = np.random.default_rng(3)
    boxes = np.concatenate([rng.uniform(0, 100, (CANDIDATES, 2)), rng.uniform(10, 40, (CANDIDATES, 2))], 1).astype(
        np.float32
    )
    logits = np.sort(rng.normal(size=CANDIDATES))[::-1].astype(np.float32)
    wanted = sorted(cv2.dnn.NMSBoxes(boxes, 1 / (1 + np.exp(-logits)), 0.0, SETTINGS.nms_iou))

    nodes = Nodes()
    kept = fusion_graph._survivors(Tensor(nodes, "logits", np.float32), Tensor(nodes, "boxes", np.float32), SETTINGS)
    inputs = [value("logits", TensorProto.FLOAT, [CANDIDATES, 1]), value("boxes", TensorProto.FLOAT, [CANDIDATES, 4])]
    found = run_tensor(tmp_path, nodes, kept, inputs, {"logits": logits[:, None], "boxes": boxes})

    assert 10 < len(wanted) < 100
    assert np.flatnonzero(found > -50).tolist() == wanted


def test_more_faces_are_rows_not_other_results(models, tmp_path):
    image = picture(120, 160, seed=1)
    parts = [onnx.load(models / f"{name}.onnx") for name in ("detector", "landmarks")]
    runs = []
    for faces in (8, 3):
        onnx.save(fused_graph(*parts, replace(SETTINGS, faces=faces)), tmp_path / "fused.onnx")
        runs.append(OnnxSession(tmp_path / "fused.onnx", provider="cpu").run({"frame": image}))

    assert runs[1]["points"].shape == (3, 49, 2)
    for name, rows in runs[1].items():
        np.testing.assert_allclose(rows, runs[0][name][:3], atol=1e-3, err_msg=name)
    assert (np.diff(runs[0]["score"]) <= 0).all()


def test_a_fused_graph_passes_the_onnx_checker(models):
    model = fused_graph(onnx.load(models / "detector.onnx"), onnx.load(models / "landmarks.onnx"), SETTINGS)

    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == list(fusion_graph.OUTPUTS)
