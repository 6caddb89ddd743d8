"""Boxes."""

import numpy as np
import pytest

from smile_edge.geometry.affine import crop_matrix
from smile_edge.geometry.boxes import box_from_points_xywh, iou_xyxy, letterbox_scale, rotated_box_xywh, xywh_to_xyxy


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
