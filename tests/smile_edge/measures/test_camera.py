"""Cameras that are known by their field of view, by their matrix, or not at all."""

import numpy as np
import pytest

from smile_edge.errors import UsageError
from smile_edge.measures.camera import EYE_DISTANCE_MM, Camera

MATRIX = [[800, 0, 330], [0, 820, 250], [0, 0, 1]]


def test_a_field_of_view_of_90_degrees_is_as_wide_as_far():
    assert Camera(hfov=90).lens(640, 480).focal_x == pytest.approx(320)


def test_a_matrix_is_taken_as_it_is_and_millimetres_follow():
    lens = Camera(matrix=MATRIX).lens(640, 480)
    assert (lens.focal_x, lens.focal_y, lens.centre_x, lens.centre_y, lens.unit) == (
        800,
        820,
        330,
        250,
        EYE_DISTANCE_MM,
    )


def test_an_unknown_camera_measures_in_eye_distances():
    assert Camera().lens(640, 480).unit == 1


@pytest.mark.parametrize(
    "hfov", [0, -10, 180, float("nan"), float("inf"), 1e-320, "78", [78], np.array([78.0]), 78j, True]
)
def test_a_field_of_view_that_cannot_be_is_refused(hfov):
    with pytest.raises(UsageError, match="hfov must lie between 0 and 180 degrees"):
        Camera(hfov=hfov)


@pytest.mark.parametrize(
    "matrix",
    [
        *(np.eye(2), np.eye(4), [1, 2, 3], "abc", np.zeros((3, 3)), np.full((3, 3), np.nan)),
        *(np.array(MATRIX).T, np.array(MATRIX) * 1e-300, np.array(MATRIX) * 1j, [["1"] * 3] * 3),
    ],
)
def test_a_matrix_that_cannot_be_is_refused(matrix):
    if matrix is None:
        with pytest.raises(UsageError, match="not both"):
            Camera(hfov=60, matrix=MATRIX)
        return
    with pytest.raises(UsageError, match=r"camera_matrix must be \(3, 3\) numbers"):
        Camera(matrix=matrix)


def test_a_matrix_that_is_changed_afterwards_changes_nothing():
    matrix = np.array(MATRIX, float)
    camera = Camera(matrix=matrix)
    matrix *= 2
    assert camera.lens(640, 480).focal_x == 800
