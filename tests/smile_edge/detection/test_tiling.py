"""Signs of small faces, the tiles around them, and what is found in tiles, moved to the picture."""

import numpy as np
import pytest

from smile_edge.detection.decoding import CHANNELS, decode
from smile_edge.detection.tiling import (
    INNER_PX,
    TILE_PX,
    cut_tiles,
    from_tiles,
    place_tiles,
    side_by_side,
    small_face_proposals,
)

NOTHING = np.zeros((0, 4), np.float32)
MIDDLE = (TILE_PX - 1) / 2


def _level(**cells: tuple[float, float]) -> np.ndarray:
    """A map of 4x6 cells; `r1c2=(0.3, 20)` is a cell with that score and size px at stride 8."""
    level = np.zeros((CHANNELS, 4, 6), np.float32)
    level[0] = -9
    for name, (score, size) in cells.items():
        row, column = int(name[1]), int(name[3])
        level[0, row, column] = np.log(score / (1 - score))
        level[3:5, row, column] = np.log(size / 8)
    return level


def test_signs_are_small_and_score_enough() -> None:
    level = _level(r0c0=(0.3, 20), r1c2=(0.6, 20), r2c4=(0.9, 40), r3c5=(0.05, 20))

    signs = small_face_proposals(level, 8, 0.1, 36, NOTHING)

    assert signs.tolist() == [[3.5, 3.5], [19.5, 11.5]]


def test_what_lies_in_a_sure_face_is_no_sign() -> None:
    sure = np.array([[10, 2, 20, 20]], np.float32)

    signs = small_face_proposals(_level(r0c0=(0.3, 20), r1c2=(0.6, 20)), 8, 0.1, 36, sure)

    assert signs.tolist() == [[3.5, 3.5]]


def test_every_sign_lies_in_the_inner_square_of_a_tile_or_towards_the_edge() -> None:
    rng = np.random.default_rng(0)
    signs = rng.uniform(0, [640, 360], (60, 2)).astype(np.float32)

    corners = place_tiles(signs, 640, 360)

    assert ((corners >= 0) & (corners <= [640 - TILE_PX, 360 - TILE_PX])).all()
    offset = signs[:, None] - corners[None]
    free = np.where(corners > 0, offset >= TILE_PX / 4 - 1, True) & np.where(
        corners < [640 - TILE_PX, 360 - TILE_PX], offset <= 3 * TILE_PX / 4, True
    )
    assert free.all(-1).any(1).all()


def test_signs_that_fit_into_one_square_share_a_tile_around_them() -> None:
    signs = np.array([[300, 200], [300 + INNER_PX, 190], [301, 190 + INNER_PX], [900, 900], [920, 940]], np.float32)

    corners = place_tiles(signs, 1280, 1280)

    middles = corners + MIDDLE
    np.testing.assert_allclose(middles, [[300 + INNER_PX / 2, 190 + INNER_PX / 2], [910, 920]], atol=0.5)
    assert len(place_tiles(signs[:0], 1280, 1280)) == 0


def test_a_tile_larger_than_the_picture_is_black_beyond_it() -> None:
    image = np.full((50, 2 * TILE_PX, 3), (1, 2, 3), np.uint8)
    (corner,) = corners = place_tiles(np.array([[TILE_PX, 20]], np.float32), 2 * TILE_PX, 50)

    (tile,) = cut_tiles(image, corners)

    assert corner.tolist() == [TILE_PX / 2, 0]
    assert tile[:, 49, -1].tolist() == [1, 2, 3]
    assert not tile[:, 50:].any()


def _maps(count: int, tile: int, x: int, y: int, size: float) -> dict[int, np.ndarray]:
    """Maps of `count` tiles with one face in one of them, centred in the cell at `x, y`."""
    level = np.zeros((count, CHANNELS, TILE_PX // 8, TILE_PX // 8), np.float32)
    level[:, 0] = -9
    level[tile, 0, y // 8, x // 8] = 3
    level[tile, 3:5, y // 8, x // 8] = np.log(size / 8)
    return {8: level}


@pytest.mark.parametrize("tile", [0, 1, 2])
def test_a_face_in_a_tile_comes_back_where_it_lies_in_the_picture(tile: int) -> None:
    corners = np.array([[0, 0], [40, 80], [300, 200]], np.intp)
    maps = {stride: side_by_side(level) for stride, level in _maps(3, tile, 64, 48, 30).items()}

    found = decode(maps, threshold=0.5, iou_threshold=0.5)
    boxes, scores, points = from_tiles(found, corners, 640, 360)

    np.testing.assert_allclose(boxes[0, :2] + boxes[0, 2:] / 2, corners[tile] + [67.5, 51.5], rtol=1e-5)
    np.testing.assert_allclose(points[0], np.tile(corners[tile] + [67.5, 51.5], (5, 1)), rtol=1e-5)
    assert len(scores) == 1


@pytest.mark.parametrize(("corner", "kept"), [([0, 0], 1), ([8, 0], 0)], ids=["the picture's edge", "a cut"])
def test_a_face_that_a_tile_cuts_is_left_out(corner: list[int], kept: int) -> None:
    maps = {stride: side_by_side(level) for stride, level in _maps(1, 0, 8, 48, 40).items()}

    boxes, _, _ = from_tiles(decode(maps, threshold=0.5, iou_threshold=0.5), np.array([corner]), 640, 360)

    assert len(boxes) == kept
