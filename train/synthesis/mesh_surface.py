"""Labelled points on the surface of a face mesh: their depth, and whether the face itself hides them."""

import cv2
import numpy as np

__all__ = ["hidden_by_mesh", "lifted", "mesh_triangles"]

_BEHIND = 0.05
"""How far behind the surface a point is hidden, in the mesh's width: labels do not lie on the mesh exactly."""


def mesh_triangles(mesh: np.ndarray) -> np.ndarray:
    """Corners `(t, 3)` of the triangles between the points of a mesh `(n, 3)` px, as it is seen from the front."""
    low = mesh[:, :2].min(0) - 1
    flat = (mesh[:, :2] - low).astype(np.float32)
    width, height = (np.ceil(flat.max(0)) + 2).astype(int).tolist()
    plane = cv2.Subdiv2D((0, 0, width, height))
    which = {plane.insert(point.tolist()): index for index, point in enumerate(flat)}
    index_of = {tuple(plane.getVertex(vertex)[0]): index for vertex, index in which.items()}
    corners = np.asarray(plane.getTriangleList(), np.float32).reshape(-1, 3, 2)
    rows = [[index_of.get(tuple(corner), -1) for corner in triangle] for triangle in corners.tolist()]
    triangles = np.array(rows, np.intp).reshape(-1, 3)
    return np.asarray(triangles[(triangles >= 0).all(1)])  # others have a corner that the triangulation starts from


def lifted(mesh: np.ndarray, triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points `(n, 2)` px with the depth that the mesh has there, `(n, 3)`; outside of it that of its nearest point."""
    depths = _depths(mesh, triangles, points).max(1)
    nearest = np.linalg.norm(points[:, None] - mesh[:, :2], axis=-1).argmin(1)
    depths = np.where(np.isfinite(depths), depths, mesh[nearest, 2])
    return np.column_stack([points, depths])


def hidden_by_mesh(mesh: np.ndarray, triangles: np.ndarray, points: np.ndarray, width: float) -> np.ndarray:
    """`(n,)` bool: which points `(n, 3)` px lie behind a mesh.

    Args:
        mesh: `(468, 3)` px, the third towards the camera.
        triangles: of `mesh_triangles`, before the mesh was turned.
        points: of the same head.
        width: of the mesh seen from the front, px.
    """
    return np.asarray(_depths(mesh, triangles, points[:, :2]).max(1) > points[:, 2] + _BEHIND * width)


def _depths(mesh: np.ndarray, triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """`(n, t)`: the depth of each triangle under each point `(n, 2)`, -inf where it does not lie there."""
    a, b, c = (mesh[triangles[:, corner]] for corner in range(3))
    across, along = b[:, :2] - a[:, :2], c[:, :2] - a[:, :2]
    area = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]
    area = np.where(np.abs(area) < 1e-6, np.nan, area)
    x, y = (points[:, None] - a[:, :2]).transpose(2, 0, 1)
    second = (x * along[:, 1] - y * along[:, 0]) / area
    third = (across[:, 0] * y - across[:, 1] * x) / area
    inside = (second >= -1e-4) & (third >= -1e-4) & (second + third <= 1 + 1e-4)
    depth = a[:, 2] + second * (b[:, 2] - a[:, 2]) + third * (c[:, 2] - a[:, 2])
    return np.asarray(np.where(inside, depth, -np.inf))
