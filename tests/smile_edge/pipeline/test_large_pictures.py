"""Faces of 24 px and more in large pictures, by the models that ship."""

import math

import numpy as np
import pytest

from benchmarks.accuracy.tiles.scenes import clutter, paste_face, portrait, scene
from smile_edge.detection.large_pictures import TileGrid
from smile_edge.errors import UsageError
from smile_edge.geometry.face_roi import face_distances
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.records import Frame, FrameResult
from smile_edge.types import FloatArray, Image

FACE_PX = 24.0


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(provider="cpu", precision="int8")


def _background(width: int, height: int) -> Image:
    return clutter(width, height, np.random.default_rng(3))


def _distances(result: FrameResult, truth: FloatArray) -> FloatArray:
    """`(faces, found)`, in face sizes."""
    found = np.array([face.five_points() for face in result.faces], np.float32).reshape(-1, 5, 2)
    return face_distances(truth, found)


def _pasted(image: Image, places: list[tuple[float, float, float]], face_px: float = FACE_PX) -> FloatArray:
    return np.array([paste_face(image, portrait(), np.array(at[:2]), at[2], face_px) for at in places], np.float32)


@pytest.mark.parametrize(("width", "height"), [(3000, 260), (260, 3000), (1500, 1000)])
def test_small_faces_at_any_turn_are_found_once_each_and_nothing_else(models: Models, width: int, height: int) -> None:
    turned = scene(_background(width, height), [portrait()], 12, FACE_PX, np.random.default_rng(1))

    result = FacePipeline(models, tiles="auto").process(turned.image)

    near = _distances(result, turned.five) < 0.3
    assert near.any(1).sum() >= 11  # 95 % of many are found
    assert (near.sum(1) <= 1).all()
    assert len(result.faces) == near.sum()


def test_without_tiles_they_are_not_found(models: Models) -> None:
    small = scene(_background(1500, 1000), [portrait()], 6, FACE_PX, np.random.default_rng(1))

    assert not FacePipeline(models).process(small.image).faces


@pytest.mark.parametrize("face_px", [24.0, 48.0, 90.0])
def test_a_face_on_a_seam_of_tiles_is_found_once(models: Models, face_px: float) -> None:
    width, height, side_px = 1400, 700, 512
    grid = TileGrid.over(width, height, side_px, 32)
    seams = sorted({*grid.corners[1:, 0].tolist(), *(grid.corners[:, 0] + grid.width).tolist()} - {0, width})
    image = _background(width, height)
    truth = _pasted(image, [(x, 170 + 180 * (index % 3), index) for index, x in enumerate(seams[:3])], face_px)

    result = FacePipeline(models, tiles=side_px).process(image)

    assert len(seams) >= 2
    assert (_distances(result, truth) < 0.3).sum(1).tolist() == [1] * len(truth)
    assert len(result.faces) == len(truth)


def test_faces_of_every_size_are_found_beside_each_other(models: Models) -> None:
    image = _background(2600, 700)
    sizes, left, truth = [24, 34, 48, 68, 96, 136, 192, 270, 380], 30.0, []
    for size in sizes:
        truth.append(paste_face(image, portrait(), np.array([left + size, 350]), math.radians(3 * size), size))
        left += 1.85 * size + 10

    result = FacePipeline(models, tiles="auto").process(image)

    assert (_distances(result, np.array(truth)) < 0.3).sum(1).tolist() == [1] * len(sizes)
    assert len(result.faces) == len(sizes)


def test_landmarks_are_of_the_picture_with_all_its_pixels(models: Models) -> None:
    image = _background(2000, 400)
    truth = _pasted(image, [(1000, 200, 0.4)], 60)

    (face,) = FacePipeline(models, tiles="auto").process(image).faces

    assert np.linalg.norm(face.five_points() - truth[0], axis=1).max() < 4


@pytest.mark.parametrize("shape", [(1, 5000, 3), (5000, 1, 3), (641, 641, 3), (30, 30_000, 3)])
def test_a_picture_of_any_shape_without_faces_has_none(models: Models, shape: tuple[int, ...]) -> None:
    assert not FacePipeline(models, tiles="auto").process(np.full(shape, 120, np.uint8)).faces


def test_small_pictures_among_large_ones_keep_their_result(models: Models) -> None:
    small, large = portrait().image, scene(_background(1500, 300), [portrait()], 3, FACE_PX, np.random.default_rng(2))
    alone = FacePipeline(models).process(small)

    before, middle, after = FacePipeline(models, tiles="auto").process_batch(
        [Frame(small, 0), Frame(large.image, 1), Frame(small, 2)]
    )

    assert len(middle.faces) == 3
    for other in (before, after):
        np.testing.assert_array_equal(other.faces[0].points, alone.faces[0].points)


def test_faces_of_large_pictures_are_left_out_as_asked(models: Models) -> None:
    image = _background(1600, 300)
    _pasted(image, [(300, 150, 0)], 24)
    _pasted(image, [(800, 150, 0)], 120)

    def found(**options: object) -> int:
        return len(FacePipeline(models, tiles="auto", **options).process(image).faces)  # type: ignore[arg-type]

    assert (found(), found(max_faces=1), found(min_size=60), found(roi=(0, 0, 500, 300))) == (2, 1, 1, 1)


def test_many_looks_and_one_are_refused_together(models: Models) -> None:
    with pytest.raises(UsageError, match="fast"):
        FacePipeline(models, tiles="auto", fast=True)
