"""Similarity transforms."""

import cv2
import numpy as np
import pytest
from five_points import UPRIGHT, turned

from smile_edge.geometry.affine import apply_affine, crop_matrix, invert_affine, invert_similarity
from smile_edge.geometry.face_roi import face_roi


@pytest.mark.parametrize("degrees", [0, 45, 180, -70])
def test_crop_matrix_turns_the_face_upright_in_the_middle(degrees: float) -> None:
    centre, size, angle = face_roi(turned(degrees))

    crop = apply_affine(crop_matrix(centre, 2.6 * size, angle, 96), turned(degrees))

    np.testing.assert_allclose(crop, UPRIGHT * 96 / (2.6 * 50) + 47.5, atol=1e-3)


def test_crop_matrix_follows_the_pixel_centre_convention_of_warp_affine() -> None:
    image = np.zeros((40, 60), np.float32)
    image[20, 31] = 1

    crop = cv2.warpAffine(image, crop_matrix([31, 20], 5, 0.0, 5), (5, 5))

    assert crop[2, 2] == pytest.approx(1)
    assert crop.sum() == pytest.approx(1)


def test_invert_affine_undoes_a_batch() -> None:
    matrices = crop_matrix([[10, 20], [50, 5]], [30, 70], [0.4, -2.0], 96)
    points = np.random.default_rng(0).uniform(0, 90, (2, 7, 2)).astype(np.float32)

    np.testing.assert_allclose(apply_affine(invert_affine(matrices), apply_affine(matrices, points)), points, atol=1e-3)


def test_the_inverse_of_a_similarity_is_its_inverse_as_an_affine_matrix() -> None:
    matrices = crop_matrix([[10, 20], [1900, 1000]], [30, 700], [0.4, -2.0], 96)

    np.testing.assert_allclose(invert_similarity(matrices), invert_affine(matrices), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(invert_similarity(matrices[1]), invert_similarity(matrices)[1])
