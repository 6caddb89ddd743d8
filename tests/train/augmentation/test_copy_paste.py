"""Faces and heads pasted beside others, with their labels."""

import numpy as np
from canvas_faces import SIDE, faces_at
from made_heads import green_head

from train.augmentation.copy_paste import paste_face, paste_head
from train.data.instances import Instances, hidden_share
from train.data.scenes import Scene


def _stranger(side: int = SIDE) -> Scene:
    """A white picture with one upright face, and one above it."""
    boxes = np.array([[2, 2, 20, 24], [30, 30, 32, 40]], np.float32)
    five = np.array([[38, 45], [54, 45], [46, 53], [40, 61], [52, 61]], np.float32)
    points = np.stack([np.full((5, 2), np.nan, np.float32), five])
    return Scene(np.full((side, side, 3), 255, np.uint8), boxes, points, np.zeros(2, bool), "pack")


def test_a_strangers_face_is_put_beside_one_as_large_and_with_its_points() -> None:
    rng, joined = np.random.default_rng(0), 0
    for _ in range(100):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), faces_at([30, 20, 32, 40])
        together = paste_face(piece, faces, _stranger(), rng)
        counted = np.flatnonzero(~together.ignore)
        if len(together.boxes) == 1:
            assert not piece.any()
            continue
        joined += 1
        box = together.boxes[counted[-1]]
        assert 0.5 < np.sqrt(box[2:].prod() / (32 * 40)) < 1.6
        if np.isfinite(together.points[counted[-1]]).all():
            assert np.abs(together.points[counted[-1]].mean(0) - box[:2] - box[2:] / 2).max() < 12
        x, y = np.clip((box[:2] + box[2:] / 2).astype(int), 0, SIDE - 1)
        assert piece[y, x].min() == 255, "the new face is not where its box is"
    assert joined > 50


def test_a_face_behind_a_strangers_counts_unless_more_than_half_is_hidden() -> None:
    rng, ignored = np.random.default_rng(1), []
    for _ in range(100):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), faces_at([30, 20, 32, 40])
        together = paste_face(piece, faces, _stranger(), rng)
        white = hidden_share(together.boxes[0], piece.min(-1) > 127)
        assert bool(together.ignore[0]) == (white > 0.5) or abs(white - 0.5) < 0.03
        ignored.append(together.ignore[0])
    assert 0 < np.mean(ignored) < 0.5


def test_who_has_no_points_or_would_be_blurred_joins_nobody() -> None:
    faceless, tiny = _stranger(), _stranger()
    faceless.points[1] = np.nan
    tiny.boxes[1] = [40, 45, 8, 10]
    for stranger in (faceless, tiny):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), faces_at([30, 20, 32, 40])

        assert paste_face(piece, faces, stranger, np.random.default_rng(0)) is faces
        assert not piece.any()


def test_a_head_takes_the_place_of_a_face_or_stands_beside_it():
    box = np.array([[70, 70, 50, 60]], np.float32)
    kept = 0
    for seed in range(30):
        piece = np.full((192, 192, 3), 100, np.uint8)
        faces = Instances(
            box.copy(), np.full((1, 5, 2), np.nan, np.float32), np.zeros(1), np.ones(1), np.zeros(1, bool)
        )
        made = paste_head(piece, faces, green_head(), np.random.default_rng(seed))
        green = (piece[..., 1].astype(int) - piece[..., 2]) > 60
        middle = made.boxes[-1, :2] + made.boxes[-1, 2:] / 2
        rows, columns = np.nonzero(green)
        np.testing.assert_allclose(middle, [columns.mean(), rows.mean()], atol=8)
        kept += len(made.boxes) == 2
    assert 3 < kept < 27
