"""What covers a face: which pixels change, and which points are hidden."""

import numpy as np
import pytest

from train.augmentation.occluders import KINDS, Occluders, cut_out_hand


@pytest.fixture
def points():
    """Seventy points on a grid in the middle of a crop of 96 px."""
    x, y = np.meshgrid(np.linspace(25, 70, 10), np.linspace(25, 70, 7))
    return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)


def _hand():
    hand = np.zeros((40, 30, 4), np.uint8)
    hand[5:35, 5:25] = (90, 120, 200, 255)
    return hand


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_that_are_not_hidden_stay_as_they_were(points, kind):
    occluders = Occluders([_hand()], [np.full((50, 60, 3), 30, np.uint8)], {kind: 1.0})
    hidden_somewhere = 0
    for seed in range(8):
        image = np.full((96, 96, 3), 140, np.uint8)
        hidden = occluders.cover(image, points, np.random.default_rng(seed))
        near = np.zeros_like(hidden)
        for dy in range(-3, 4):
            for dx in range(-3, 4):
                near |= np.roll(hidden, (dy, dx), (0, 1))
        assert (image[~near] == 140).all()
        hidden_somewhere += hidden.any()
    assert hidden_somewhere >= 6


def test_a_mask_covers_the_mouth_and_leaves_the_eyes():
    points = np.full((70, 2), 48, np.float32)
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([48 + 30 * np.cos(angle), 40 + 40 * np.sin(angle)], -1)
    points[28], points[30] = (48, 40), (48, 50)
    hidden = Occluders([], [], {"mask": 1.0}).cover(np.zeros((96, 96, 3), np.uint8), points, np.random.default_rng(0))
    assert hidden[65, 48]
    assert not hidden[25:34].any()


def test_a_hand_is_cut_out_of_a_grey_wall_and_a_wall_alone_is_not():
    picture = np.full((100, 100, 3), 200, np.uint8)
    assert cut_out_hand(picture) is None
    picture[30:90, 35:70] = (110, 140, 210)
    cut = cut_out_hand(picture)
    assert cut is not None
    assert abs(cut.shape[0] - 60) <= 4
    assert cut[30, 15, 3] == 255
