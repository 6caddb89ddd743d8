"""Crops cut from the atlas."""

import numpy as np
import pytest
from graph_parts import run_tensor, value
from onnx import TensorProto
from stand_ins import CROP_PX

from export.fusion.graph_builder import Nodes, Tensor
from export.fusion.pyramid_atlas import LEVELS, Atlas
from smile_edge.geometry.affine import crop_matrix
from smile_edge.imaging.crops import cut_crop


@pytest.mark.parametrize("size", [(300, 400), (97, 131)], ids=["even", "odd"])
def test_crops_are_cut_from_the_atlas_as_from_the_frame(tmp_path, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    factors = np.array([0.6, 1.0, 1.4, 2.2, 3.1, 4.7, 5.5, 7.9, 8.2, 11.3, 12.4], np.float32)
    centre = (
        np.random.default_rng(1).uniform(0, size[::-1], (len(factors), 2)).astype(np.float32)
    )  # some leave the frame
    angle = np.linspace(-3, 3, len(factors)).astype(np.float32)
    wanted = [cut_crop(image, m, CROP_PX) for m in crop_matrix(centre, factors * CROP_PX, angle, CROP_PX)]

    nodes = Nodes()
    cos, sin = factors * np.cos(angle), factors * np.sin(angle)
    rows = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1), centre], 1).astype(np.float32)
    atlas = Atlas.of(Tensor(nodes, "frame", np.uint8))
    crops = atlas.crops(nodes.constant(rows), nodes.constant(factors[:, None]), CROP_PX)
    found = run_tensor(
        tmp_path, nodes, crops, [value("frame", TensorProto.UINT8, ["height", "width", 3])], {"frame": image}
    )

    apart = np.abs(found.transpose(0, 2, 3, 1) - np.stack(wanted)).max((1, 2, 3))
    assert apart.max() < 1.02, dict(zip(factors, apart, strict=True))  # the frame's crops are rounded twice


def test_levels_reach_faces_as_high_as_a_full_hd_frame():
    assert LEVELS >= 1080 / 96
