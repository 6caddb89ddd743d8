"""What covers a face leaves its label right."""

import numpy as np
from canvas_faces import SIDE, faces_at

from train.augmentation.occlusion import cover


def test_a_cover_hides_a_part_of_one_face_and_most_of_none_that_counts() -> None:
    rng = np.random.default_rng(0)
    shares, ignored = [], []
    for _ in range(300):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), faces_at([30, 20, 32, 40])
        cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), rng)
        shares.append((piece[20:60, 30:62] > 0).mean())
        ignored.append(bool(faces.ignore[0]))

    shares_of_counted = [share for share, lost in zip(shares, ignored, strict=True) if not lost]
    assert max(shares_of_counted) <= 0.5
    assert np.mean(np.array(shares_of_counted) > 0.05) > 0.5
    assert np.mean(ignored) < 0.2


def test_faces_that_are_small_or_ignored_are_not_covered() -> None:
    piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), faces_at([10, 10, 8, 8], [40, 40, 30, 30])
    faces.ignore[1] = True

    cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), np.random.default_rng(0))

    assert not piece.any()
