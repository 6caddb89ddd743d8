"""Training canvases: scenes fill their pieces, and what covers a face leaves its label right."""

import numpy as np
import pytest

import train.mosaic
from smile_edge.geometry import apply_affine
from train.augment import similarity_about
from train.mosaic import Faces, MosaicSource, cover, fitting_shift
from train.scenes import Scene

SIDE = 96


def _faces(*boxes: list[float]) -> Faces:
    count = len(boxes)
    none = np.full((count, 5, 2), np.nan, np.float32)
    return Faces(np.array(boxes, np.float32), none, np.zeros(count), np.zeros(count), np.zeros(count, bool))


@pytest.mark.parametrize(("width", "height"), [(300, 200), (60, 40), (300, 40)])
@pytest.mark.parametrize("x", [-50.0, 20.0, 48.0, 150.0])
def test_a_scene_is_moved_to_fill_its_piece_or_to_lie_in_it(width: int, height: int, x: float) -> None:
    middle = np.array([width / 2, height / 2], np.float32)
    matrix = similarity_about(middle, np.array([x, 70], np.float32), 1.0, 0.0)

    matrix[:, 2] += fitting_shift(matrix, width, height, SIDE)

    low, high = apply_affine(matrix, np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]])) + 0.5
    for start, end in zip(low, high, strict=True):
        if end - start >= SIDE:
            assert start <= 1e-3
            assert end >= SIDE - 1e-3
        else:
            assert start >= -1e-3
            assert end <= SIDE + 1e-3


def test_a_scene_that_fits_stays_where_it_is() -> None:
    matrix = similarity_about(np.array([30, 20]), np.array([40, 50]), 1.0, 0.0)

    np.testing.assert_allclose(fitting_shift(matrix, 60, 40, SIDE), 0, atol=1e-4)


def test_a_cover_hides_a_part_of_one_face_and_most_of_none_that_counts() -> None:
    rng = np.random.default_rng(0)
    shares, ignored = [], []
    for _ in range(300):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([30, 20, 32, 40])
        cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), rng)
        shares.append((piece[20:60, 30:62] > 0).mean())
        ignored.append(bool(faces.ignore[0]))

    shares_of_counted = [share for share, lost in zip(shares, ignored, strict=True) if not lost]
    assert max(shares_of_counted) <= 0.5
    assert np.mean(np.array(shares_of_counted) > 0.05) > 0.5
    assert np.mean(ignored) < 0.2


def test_faces_that_are_small_or_ignored_are_not_covered() -> None:
    piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([10, 10, 8, 8], [40, 40, 30, 30])
    faces.ignore[1] = True

    cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), np.random.default_rng(0))

    assert not piece.any()


def test_covers_are_put_before_faces_where_there_are_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[np.ndarray] = []
    monkeypatch.setattr(train.mosaic, "cover", lambda piece, faces, other, rng: used.append(other))
    box = np.array([[20, 20, 50, 60]], np.float32)
    scene = Scene(np.zeros((SIDE, SIDE, 3), np.uint8), box, np.zeros((1, 5, 2), np.float32), np.zeros(1, bool), "pack")
    picture = np.zeros((40, 40, 3), np.uint8)

    for covers, expected in (([], False), ([picture], True)):
        source = MosaicSource([[scene]], np.ones(1), SIDE, covers)
        for seed in range(10):
            source(np.random.default_rng(seed))
        assert bool(used) is expected

    assert all(one is picture for one in used)
