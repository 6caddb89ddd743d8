"""Stored crops."""

import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import STORED_PX, STORED_SCALE, stored_crops
from train.data.formats.dense import read_dense


def test_stored_crops_are_upright_centred_and_of_one_scale(packs, tmp_path):
    crops, targets = stored_crops(read_dense(packs[1]), tmp_path)
    centre, size, angle = face_roi(TOPOLOGY_49.five_points(targets[:, :49, :2]))
    assert crops.shape == (4, STORED_PX, STORED_PX, 3)
    np.testing.assert_allclose(angle, 0, atol=1e-3)
    np.testing.assert_allclose(size, STORED_PX / STORED_SCALE, rtol=1e-3)
    np.testing.assert_allclose(centre, (STORED_PX - 1) / 2, atol=0.1)
