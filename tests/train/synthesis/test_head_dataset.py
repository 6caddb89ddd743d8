"""Crops of turned heads."""

import numpy as np
from made_heads import green_head

from train.synthesis.head_dataset import head_crops


def test_crops_of_heads_keep_their_points_and_boxes():
    behind = np.full((1, 160, 160, 3), 90, np.uint8)
    mined, points = head_crops([green_head()] * 5, behind, [np.full((50, 80, 3), 90, np.uint8)])
    assert mined.crops.shape == (5, 160, 160, 3)
    assert set(mined.labels) == {1}
    for crop, box, told in zip(mined.crops, mined.boxes, points, strict=True):
        rows, columns = np.nonzero(crop[..., 1] > 200)
        np.testing.assert_allclose(box[:2] + box[2:] / 2, [columns.mean(), rows.mean()], atol=6)
        assert (crop[np.rint(told[:, 1]).astype(int), np.rint(told[:, 0]).astype(int), 1] > 200).all()
