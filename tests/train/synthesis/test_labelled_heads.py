"""Cut-out heads with 70 points as stored crops."""

from dataclasses import replace

import numpy as np
import pytest
from made_heads import green_head

from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.crop_cache import WIDE_CROP
from train.errors import DataError
from train.synthesis.labelled_heads import labelled_heads


@pytest.fixture
def head():
    plain = green_head()
    labels = np.full((70, 3), 1.0, np.float32)
    labels[:, :2] = 50
    labels[list(TOPOLOGY_49.indices), :2] = plain.dense
    return replace(plain, labels=labels, hidden=np.arange(70) >= 60)


def test_a_head_stands_upright_before_the_picture(head):
    red = np.full((300, 200, 3), (0, 0, 255), np.uint8)
    made = labelled_heads([head], WIDE_CROP, [red])
    x, y = np.rint(made.targets[0, 30, :2]).astype(int)
    assert made.crops[0, y, x].tolist() == [0, 255, 0]
    assert made.crops[0, 0, 0].tolist() == [0, 0, 255]
    five = TOPOLOGY_70.five_points(made.targets[0, :70, :2])
    np.testing.assert_allclose((five[:2].mean(0) + five[3:].mean(0)) / 2, WIDE_CROP.anchor_px, atol=1e-3)


def test_hidden_points_weigh_less_and_the_outline_nothing(head):
    made = labelled_heads([head], WIDE_CROP, [np.zeros((9, 9, 3), np.uint8)])
    assert made.targets[0, [20, 65, 5, 72], 2].tolist() == pytest.approx([0.5, 0.15, 0, 0])
    assert made.visible[0, [20, 65, 5]].tolist() == [1, 0, -1]


def test_a_head_without_labels_is_one_line(head):
    with pytest.raises(DataError, match="train turn --labels"):
        labelled_heads([replace(head, labels=None)], WIDE_CROP, [np.zeros((9, 9, 3), np.uint8)])
