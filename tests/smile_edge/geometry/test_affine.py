"""Similarity transforms, crops, boxes."""

import cv2
import numpy as np
import pytest

from smile_edge.geometry.affine import apply_affine, crop_matrix, invert_affine, invert_similarity
from smile_edge.geometry.boxes import box_from_points_xywh, iou_xyxy, letterbox_scale, rotated_box_xywh, xywh_to_xyxy
from smile_edge.geometry.face_roi import face_roi

UPRIGHT = np.array([[-20, -25], [20, -25], [0, 0], [-15, 25], [15, 25]], np.float32)


def _turned(degrees: float, centre: tuple[float, float] = (100.0, 80.0)) -> np.ndarray:
    """The upright face turned clockwise on the screen."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return UPRIGHT @ turn.T + centre


@pytest.mark.parametrize("degrees", [0, 30, 90, -120, 179])
def test_face_frame_tells_centre_size_and_angle(degrees: float) -> None:
    centre, size, angle = face_roi(_turned(degrees))

    np.testing.assert_allclose(centre, [100, 80], atol=1e-3)
    assert size == pytest.approx(50, abs=1e-3)  # eyes to mouth, longer than 40 between the eyes
    assert np.degrees(angle) == pytest.approx(degrees, abs=1e-3)


def test_face_frame_of_a_profile_keeps_its_size() -> None:
    profile = UPRIGHT * np.float32([0.1, 1])

    assert face_roi(profile)[1] == pytest.approx(50)


@pytest.mark.parametrize("degrees", [0, 45, 180, -70])
def test_crop_matrix_turns_the_face_upright_in_the_middle(degrees: float) -> None:
    centre, size, angle = face_roi(_turned(degrees))

    crop = apply_affine(crop_matrix(centre, 2.6 * size, angle, 96), _turned(degrees))

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


def test_iou_of_equal_half_and_disjoint_boxes() -> None:
    boxes = [[0, 0, 2, 2], [0, 0, 2, 1], [5, 5, 6, 6]]

    np.testing.assert_allclose(iou_xyxy(boxes[:1], boxes), [[1, 0.5, 0]])


def test_xywh_to_xyxy() -> None:
    np.testing.assert_allclose(xywh_to_xyxy([[1, 2, 3, 4]]), [[1, 2, 4, 6]])


def test_rotated_box_swaps_its_sides_at_a_quarter_turn_and_stays_tight_at_an_eighth() -> None:
    quarter = [[0, -1, 0], [1, 0, 0]]
    eighth = [[np.sqrt(0.5), -np.sqrt(0.5), 0], [np.sqrt(0.5), np.sqrt(0.5), 0]]

    np.testing.assert_allclose(rotated_box_xywh([[-2, -1, 4, 2]], quarter), [[-1, -2, 2, 4]], atol=1e-5)
    np.testing.assert_allclose(rotated_box_xywh([[-1, -1, 2, 2]], eighth), [[-1, -1, 2, 2]], atol=1e-5)


def test_one_box_may_stand_for_all_matrices() -> None:
    matrices = crop_matrix([[10, 20], [50, 5]], [30, 70], [0.4, -2.0], 96)

    found = rotated_box_xywh([[1, 2, 30, 40]], matrices)

    np.testing.assert_array_equal(found, [rotated_box_xywh([1, 2, 30, 40], one)[0] for one in matrices])


def test_box_from_points_with_a_margin() -> None:
    np.testing.assert_allclose(box_from_points_xywh([[0, 0], [10, 4]], 0.1), [-1, -1, 12, 6])


@pytest.mark.parametrize(("size", "scale"), [((640, 320), 0.5), ((320, 960), 1 / 3), ((64, 32), 1)])
def test_letterbox_scale(size: tuple[int, int], scale: float) -> None:
    assert letterbox_scale(*size, 320) == scale
