"""A head as a mesh, and one cut out."""

import cv2
import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.data.cut_out_heads import Head
from train.synthesis.head_rotation import MESH_POINTS

__all__ = ["MIDDLE", "SIDE", "WIDTH", "bulging_mesh", "green_head"]

SIDE, WIDTH, MIDDLE = 200, 72.0, np.array([100.0, 110.0])


def bulging_mesh() -> np.ndarray:
    """Half of an ellipsoid from the front, with the sides, the forehead, the brows and the chin in their places."""
    rng = np.random.default_rng(0)
    radius, angle = np.sqrt(rng.random(MESH_POINTS)), rng.uniform(0, 2 * np.pi, MESH_POINTS)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    for index, place in {234: (-1, 0), 454: (1, 0), 10: (0, -1), 152: (0, 1), 9: (0, -0.4)}.items():
        x[index], y[index] = place
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    half = WIDTH / 2
    return np.stack([MIDDLE[0] + half * x, MIDDLE[1] + 1.2 * half * y, half * depth], 1).astype(np.float32)


def green_head() -> Head:
    """A green disc with the 49 points in the middle of it."""
    image = np.zeros((100, 100, 4), np.uint8)
    cv2.circle(image, (50, 50), 35, (0, 255, 0, 255), -1)
    dense = np.tile(np.array([50, 60], np.float32), (49, 1))
    dense[:31] = [48, 42]
    dense[TOPOLOGY_49.groups["left_eye"], 0] = 56
    five = TOPOLOGY_49.five_points(dense)[None]
    return Head(image, np.array([[30, 25, 40, 50]], np.float32), five, np.zeros(1, bool), "heads", dense=dense)
