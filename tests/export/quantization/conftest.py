"""A small model that can be quantised, and a pack to check it on."""

from dataclasses import replace

import cv2
import onnx
import pytest
from quantisable import network
from stand_ins import picture, write_models

from smile_edge.detection.decoding import CHANNELS
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, sha256_of


@pytest.fixture
def models(tmp_path):
    """A folder with the network as `detector`."""
    folder = write_models(tmp_path / "models")
    onnx.save(network(), folder / "detector.onnx")
    manifest = ModelManifest.load(folder / "detector.json")
    changed = replace(
        manifest,
        sha256=sha256_of(folder / "detector.onnx"),
        outputs=(TensorSpec("level8", "float32", ("n", CHANNELS, "h/8", "w/8")),),
        parameters={**manifest.parameters, "strides": [8]},
    )
    changed.save(folder / "detector.json")
    return folder


@pytest.fixture
def pack(tmp_path):
    """Scenes in the WIDER format, a box in each."""
    folder = tmp_path / "pack"
    (folder / "images").mkdir(parents=True)
    lines = []
    for index in range(40):
        cv2.imwrite(str(folder / "images" / f"{index}.png"), picture(64, 96, index))
        lines += [f"{index}.png", "1", "20 10 40 40 0 0 0 0 0 0"]
    (folder / "wider_face_bbx_gt.txt").write_text("\n".join(lines) + "\n")
    return folder
