"""Scenes fill their pieces of the canvas."""

import numpy as np
import pytest
from canvas_faces import SIDE

from smile_edge.geometry.affine import apply_affine, similarity_about
from train.augmentation.scene_transforms import fitting_shift


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
