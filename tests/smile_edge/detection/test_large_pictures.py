"""Tiles over large pictures: where they lie, which of their faces count, what is enlarged."""

import numpy as np
import pytest

from smile_edge.detection.large_pictures import (
    EDGE_PX,
    OVERLAP_PX,
    WHOLE_PX,
    ZOOM,
    TileGrid,
    Tiling,
    cut_enlarged,
    halvings,
    outside_of,
    place_enlarged,
    whole_faces,
)
from smile_edge.detection.tiling import INNER_PX, TILE_PX
from smile_edge.errors import UsageError
from smile_edge.types import Image

SIZES = [(6000, 4000), (12000, 300), (300, 12000), (641, 640), (640, 1), (1, 5000), (1153, 1153), (753, 2000)]


def _picture(width: int, height: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("side_px", [256, 640, 1000])
def test_tiles_cover_a_picture_and_overlap_by_more_than_a_face(width: int, height: int, side_px: int) -> None:
    grid = TileGrid.over(width, height, side_px, 32)

    for axis, (extent, length) in enumerate(((width, grid.width), (height, grid.height))):
        starts = np.unique(grid.corners[:, axis])
        assert length <= min(side_px, extent)
        assert (starts[0], starts[-1] + length) == (0, extent)
        assert (starts[:-1] + length - starts[1:] >= OVERLAP_PX).all()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_tile_is_in_two_model_calls_and_none_in_none(width: int, height: int) -> None:
    grid = TileGrid.over(width, height, 256, 32)

    assert np.concatenate(list(grid.batches())).tolist() == grid.corners.tolist()


def test_a_face_of_the_largest_size_is_whole_in_a_tile_wherever_it_lies() -> None:
    grid = TileGrid.over(1500, 256, 256, 32)
    for left in np.arange(0, 1500 - WHOLE_PX, 0.5, np.float32):
        face = np.array([[left, 100, WHOLE_PX, WHOLE_PX]], np.float32)
        seen = [
            whole_faces(_look(face - [*corner, 0, 0]), corner, grid, 1500, 256)[0].tolist() for corner in grid.corners
        ]
        assert face.tolist() in seen


def test_a_face_that_a_tile_cuts_is_left_out_but_at_the_edge_of_the_picture() -> None:
    grid = TileGrid(np.array([[0, 0], [150, 0]], np.intp), 256, 256)
    cut, at_edge = [256 - EDGE_PX - 10, 50, 11, 10], [-3, -4, 30, 30]

    boxes, scores, points = whole_faces(_look(np.array([cut, at_edge])), grid.corners[0], grid, 406, 256)

    assert boxes.tolist() == [at_edge]
    assert len(scores) == len(points) == 1
    assert whole_faces(_look(np.array([cut])), grid.corners[1], grid, 406, 256)[0].tolist() == [
        [cut[0] + 150, *cut[1:]]
    ]


def _look(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return boxes.astype(np.float32), np.ones(len(boxes), np.float32), np.zeros((len(boxes), 5, 2), np.float32)


def test_levels_are_halved_until_the_look_at_the_whole_is_as_large() -> None:
    sizes = [level.shape[:2] for level in halvings(_picture(6001, 4001), 640)]

    assert sizes == [(1000, 1500), (2000, 3000), (4001, 6001)]
    assert [level.shape[:2] for level in halvings(_picture(641, 30), 640)] == [(30, 641)]
    assert halvings(_picture(640, 640), 640) == []


def test_a_line_of_pixels_is_halved_as_well() -> None:
    assert [level.shape[:2] for level in halvings(_picture(1, 4000), 640)] == [(1000, 1), (2000, 1), (4000, 1)]


def test_halved_pixels_are_means_of_whole_blocks() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 9, 3), np.uint8)

    half, whole = halvings(picture, 2)[-2:]

    assert whole is picture
    blocks = picture[:4, :8].reshape(2, 2, 4, 2, 3).mean((1, 3))
    assert np.abs(half - blocks).max() <= 0.5


def test_parts_of_sure_faces_are_no_faces() -> None:
    sure = np.array([[100, 100, 200, 300]], np.float32)
    part, in_corner, as_large, beside = [180, 200, 40, 50], [102, 102, 20, 30], [120, 130, 150, 200], [400, 100, 9, 9]

    outside = outside_of(sure, np.array([part, in_corner, as_large, beside], np.float32))

    assert outside.tolist() == [False, True, True, True]


def test_without_sure_faces_nothing_is_a_part() -> None:
    assert outside_of(np.zeros((0, 4), np.float32), np.ones((3, 4), np.float32)).all()


def test_every_sign_is_enlarged_with_its_surroundings() -> None:
    rng = np.random.default_rng(0)
    signs = (rng.uniform(0, 1, (3000, 2)) * [999, 699]).astype(np.float32)

    corners = place_enlarged(signs, _picture(1000, 700))

    side, margin = TILE_PX / ZOOM, (TILE_PX - INNER_PX) / ZOOM / 2 - 1
    low = np.where(corners > 0, corners + margin, -1)
    high = np.where(corners < [1000 - side, 700 - side], corners + side - margin, 1001)
    within = (signs[:, None] >= low) & (signs[:, None] <= high)
    assert within.all(-1).any(1).all()
    assert (corners >= 0).all()
    assert (corners <= [1000 - side, 700 - side]).all()


def test_without_signs_nothing_is_enlarged() -> None:
    assert place_enlarged(np.zeros((0, 2), np.float32), _picture(1000, 700)).shape == (0, 2)


def test_enlarged_pixels_keep_their_place() -> None:
    ramp = np.zeros((100, 100, 3), np.uint8)
    ramp[...] = np.arange(100)[None, :, None] * 2

    (tile,) = cut_enlarged(ramp, np.array([[10, 20]]))

    inside = tile[0, 40, 2:-2]
    where = (np.arange(TILE_PX)[2:-2] + 0.5) / ZOOM - 0.5 + 10
    np.testing.assert_allclose(inside, 2 * where, atol=0.5)


def test_what_lies_outside_a_small_picture_is_black() -> None:
    (tile,) = cut_enlarged(np.full((30, 700, 3), 255, np.uint8), np.array([[0, 0]]))

    assert (tile[:, : 30 * ZOOM] == 255).all()
    assert not tile[:, 30 * ZOOM :].any()


def test_the_option_is_auto_off_or_the_side_of_a_tile() -> None:
    assert Tiling.parse(None) is None
    assert Tiling.parse("off") is None
    auto, sized = Tiling.parse("auto"), Tiling.parse(512)
    assert auto is not None
    assert sized == Tiling(512, auto.from_px) == Tiling.parse("512")
    assert not auto.applies(_picture(640, 640))
    assert auto.applies(_picture(10, 641))


@pytest.mark.parametrize("given", ["on", "", "-5", "1e3", "٣٠٠", 255, 2049, 0, True, 512.0, "9" * 20, [512]])
def test_another_option_is_refused_in_one_line(given: object) -> None:
    with pytest.raises(UsageError, match="tiles") as caught:
        Tiling.parse(given)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
