"""Layers of the landmarker. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_a_sharp_heatmap_reads_as_the_place_of_its_cell():
    from train.networks import SpatialExpectation

    heat = np.full((1, 24, 24, 1), -50, np.float32)
    heat[0, 12, 5] = 50  # row, column
    points = np.asarray(SpatialExpectation(96, stretch=1.0)(heat))
    np.testing.assert_allclose(points[0, 0], [5 * 4 + 1.5, 12 * 4 + 1.5], atol=1e-4)
