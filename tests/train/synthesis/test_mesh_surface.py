"""Points on a mesh: how deep they lie, and what hides them."""

import numpy as np
import pytest
from made_heads import MIDDLE, WIDTH, bulging_mesh

from train.synthesis.head_rotation import turned_points
from train.synthesis.mesh_surface import hidden_by_mesh, lifted, mesh_triangles


@pytest.fixture
def mesh():
    return bulging_mesh()


def test_a_point_gets_the_depth_of_the_surface_under_it(mesh):
    places = MIDDLE + np.array([[0, 0], [18, 0], [0, 21.6]])
    depths = lifted(mesh, mesh_triangles(mesh), places)[:, 2]
    np.testing.assert_allclose(depths, WIDTH / 2 * np.sqrt([1, 0.75, 0.75]), atol=1)


def test_a_point_beside_the_mesh_gets_the_depth_of_what_is_nearest(mesh):
    (point,) = lifted(mesh, mesh_triangles(mesh), np.array([[MIDDLE[0] + WIDTH, MIDDLE[1]]]))
    assert point[2] == pytest.approx(0, abs=1)


def test_the_far_cheek_is_hidden_and_the_near_one_is_not(mesh):
    triangles = mesh_triangles(mesh)
    cheeks = lifted(mesh, triangles, MIDDLE + np.array([[-20, 0], [20, 0]]))
    assert hidden_by_mesh(mesh, triangles, cheeks, WIDTH).tolist() == [False, False]
    turned = turned_points(mesh, np.radians(80))
    assert hidden_by_mesh(turned, triangles, turned_points(mesh, np.radians(80), cheeks), WIDTH).tolist() == [
        False,
        True,
    ]
