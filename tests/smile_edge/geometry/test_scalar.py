"""The plain numbers agree with the arrays of `geometry`."""

import numpy as np
import pytest

from smile_edge.geometry.affine import crop_matrix, invert_similarity
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_roi
from smile_edge.geometry.scalar import boxes_after, crop_matrices, face_rois, inverses

RNG = np.random.default_rng(0)
FACES = RNG.uniform(0, 600, (9, 5, 2)).astype(np.float32)


def _matrices() -> np.ndarray:
    centre, size, angle = face_roi(FACES)
    return crop_matrix(centre, 2.6 * size, angle, 96)


def test_places_are_face_frames() -> None:
    centre, size, angle = face_roi(FACES)
    found = np.array(face_rois(FACES))
    np.testing.assert_allclose(found[:, :2], centre, rtol=1e-5)
    np.testing.assert_allclose(found[:, 2], size, rtol=1e-5)
    np.testing.assert_allclose(found[:, 3], angle, atol=1e-5)


def test_a_shifted_crop_lies_below_the_face_along_its_own_axis() -> None:
    faces = face_rois(FACES)
    shifted, plain = crop_matrices(faces, 3.0, 96, 0.25), crop_matrices(faces, 3.0, 96)
    np.testing.assert_allclose(shifted[..., :2], plain[..., :2])
    np.testing.assert_allclose((shifted - plain)[..., 2], [[0, -0.25 * 96 / 3.0]] * len(faces), atol=1e-4)


def test_crop_matrices_are_those_of_arrays() -> None:
    np.testing.assert_allclose(crop_matrices(face_rois(FACES), 2.6, 96), _matrices(), rtol=1e-4, atol=1e-4)


def test_a_face_without_extent_still_has_a_crop() -> None:
    (matrix,) = crop_matrices(face_rois(np.full((1, 5, 2), 7, np.float32)), 2.6, 96)
    np.testing.assert_allclose(matrix, crop_matrix([7, 7], 2.6, 0.0, 96), rtol=1e-5)


def test_inverses_undo_and_move_boxes_like_arrays() -> None:
    parts, back = inverses(_matrices())
    np.testing.assert_allclose(back, invert_similarity(_matrices()), rtol=1e-4, atol=1e-3)
    boxes = RNG.uniform(5, 80, (9, 4)).astype(np.float32)
    np.testing.assert_allclose(boxes_after(boxes, parts), rotated_box_xywh(boxes, back), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("count", [0, 1])
def test_shapes_hold_for_no_face_and_for_one(count: int) -> None:
    five = FACES[:count]
    matrices = crop_matrices(face_rois(five), 2.6, 96)
    parts, back = inverses(matrices)
    assert matrices.shape == back.shape == (count, 2, 3)
    assert boxes_after(np.ones((count, 4), np.float32), parts).shape == (count, 4)
