"""Tones of faces in training: darker skin, shade and flash change the face and leave its surroundings."""

import numpy as np

from train.augmentation.relighting import DARKEST, LIGHTEST, ellipse_in, random_tone, retone

SIDE = 96
BOX = np.array([30, 20, 32, 40], np.float32)


def test_a_tone_keeps_the_order_of_light_and_most_are_darker() -> None:
    tables = np.stack([random_tone(np.random.default_rng(seed))[:, 0] for seed in range(300)]).astype(int)

    assert (np.diff(tables, axis=1) >= 0).all()
    change = tables[:, 115].mean(-1) / 115
    assert change.min() > 0.7 * DARKEST
    assert change.max() < 1.3 * LIGHTEST
    assert 0.7 < (change < 1).mean() < 0.9
    assert np.median(change) < 0.7


def test_highlights_lose_less_light_than_mid_tones() -> None:
    tables = np.stack([random_tone(np.random.default_rng(seed))[:, 0] for seed in range(300)]).astype(float)
    middle, high = tables[:, 115].mean(-1) / 115, tables[:, 250].mean(-1) / 250
    darker = middle < 0.8

    assert (high > middle)[darker].all()


def test_a_face_changes_and_what_is_around_it_does_not() -> None:
    changed = []
    for seed in range(50):
        piece = np.full((SIDE, SIDE, 3), 120, np.uint8)
        retone(piece, [BOX], np.random.default_rng(seed))
        moved = (piece != 120).any(-1)
        assert not moved[:14].any()
        assert not moved[66:].any()
        assert not moved[:, :25].any()
        assert not moved[:, 67:].any()
        changed.append(abs(int(piece[40, 46].mean()) - 120))
    assert np.median(changed) > 20


def test_faces_of_a_piece_change_alike() -> None:
    for seed in range(20):
        piece = np.full((SIDE, SIDE, 3), 120, np.uint8)
        retone(piece, [[4, 4, 24, 30], [60, 50, 24, 30]], np.random.default_rng(seed))
        first, second = float(piece[19, 16].mean()) - 120, float(piece[65, 72].mean()) - 120
        assert first * second >= 0
        assert abs(first - second) <= 0.35 * max(abs(first), abs(second)) + 2


def test_a_box_beyond_the_piece_is_cut_and_one_outside_changes_nothing() -> None:
    low, high, share = ellipse_in(np.array([-10, 80, 32, 40]), SIDE, SIDE)
    assert (low >= 0).all()
    assert (high <= SIDE).all()
    assert share.shape == (high[1] - low[1], high[0] - low[0])

    piece = np.full((SIDE, SIDE, 3), 120, np.uint8)
    retone(piece, [[200, 200, 30, 30], [-90, 10, 30, 30]], np.random.default_rng(0))
    assert (piece == 120).all()


def test_a_share_is_whole_in_the_middle_and_fades_to_the_rim() -> None:
    low, _, share = ellipse_in(BOX, SIDE, SIDE)
    middle = (BOX[:2] + BOX[2:] / 2).astype(int) - low

    assert share[middle[1], middle[0]] == 1
    assert share.max() == 1
    assert share[0].max() < 0.1
    row = share[middle[1], middle[0] :]
    assert (np.diff(row) <= 1e-6).all()
