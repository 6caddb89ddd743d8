"""Crops: where they are cut, how they are shrunk, what lies outside."""

import numpy as np
import pytest
from face_crops import CROP_PX, SCALE, five_of, ramp

from smile_edge.geometry.affine import apply_affine, crop_matrix
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.crops import cut_crop, cut_crops


@pytest.mark.parametrize("degrees", [0, 90, -135])
def test_the_middle_of_the_crop_shows_the_middle_of_the_face(degrees: float) -> None:
    out = np.empty((1, 3, CROP_PX, CROP_PX), np.float32)

    cut_crops([(ramp(), five_of(x=160, y=110, size=36, degrees=degrees))], CROP_PX, SCALE, out)

    np.testing.assert_allclose(out[0, :, 46:50, 46:50].mean((1, 2)), [80, 55, 200], atol=1.5)


def test_crops_of_different_frames_share_a_batch() -> None:
    out = np.empty((4, 3, CROP_PX, CROP_PX), np.float32)
    dark = np.zeros((50, 60, 3), np.uint8)

    matrices = cut_crops([(ramp(), five_of()), (dark, five_of(x=30, y=25, size=9))], CROP_PX, SCALE, out)

    assert matrices.shape == (2, 2, 3)
    assert out[0].max() == 200
    assert out[1].max() == 0


def test_outside_the_frame_a_crop_is_black() -> None:
    out = np.empty((1, 3, CROP_PX, CROP_PX), np.float32)

    cut_crops([(np.full((240, 320, 3), 255, np.uint8), five_of(x=0, y=100))], CROP_PX, SCALE, out)

    assert out[0, :, :, 0].max() == 0
    assert out[0, :, :, -1].min() == 255


@pytest.mark.parametrize("degrees", [0, 33])
def test_a_large_face_is_shrunk_without_aliasing_and_stays_in_place(degrees: float) -> None:
    image = ramp(480, 510)
    noisy = np.clip(image + np.random.default_rng(0).normal(scale=20, size=image.shape), 0, 255).astype(np.uint8)
    centre, size, angle = face_roi(five_of(x=250, y=240, size=120, degrees=degrees))
    matrix = crop_matrix(centre, SCALE * size, angle, CROP_PX)

    crop, clean = cut_crop(noisy, matrix, CROP_PX).astype(float), cut_crop(image, matrix, CROP_PX).astype(float)

    assert (crop - clean)[30:60, 30:60, :2].std() < 8  # of 20: nine pixels are averaged into one
    expected = apply_affine(np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2], [[20, 70], [70, 20]]) / 2
    np.testing.assert_allclose(clean[[70, 20], [20, 70], :2], expected, atol=1.0)


@pytest.mark.parametrize("size", [6, 30, 44, 70, 140])
@pytest.mark.parametrize(("x", "y"), [(160, 110), (0, 230), (318, 5), (-400, 100)])
def test_a_canvas_changes_nothing_but_the_time(size: float, x: float, y: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    canvas = np.full((240, 320, 4), 77, np.uint8)

    for degrees in (0, 40, 180, -110):
        centre, px, angle = face_roi(five_of(x=x, y=y, size=size, degrees=degrees))
        matrix = crop_matrix(centre, SCALE * px, angle, CROP_PX)

        np.testing.assert_array_equal(cut_crop(image, matrix, CROP_PX, canvas), cut_crop(image, matrix, CROP_PX))
