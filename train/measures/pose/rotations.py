"""Rotations of heads: x to the image's right, y up, z to the camera; angles in rad unless a name says degrees."""

import numpy as np

__all__ = [
    "MIRROR",
    "about_x",
    "about_y",
    "about_z",
    "angle_between",
    "exponential",
    "mean_rotation",
    "mirror_rotation",
    "nearest_rotation",
    "yaw_pitch_roll",
]

MIRROR = np.array([-1.0, 1.0, 1.0])
"""What a mirror does to x, y and z."""


def about_x(angle: np.ndarray) -> np.ndarray:
    """`(n, 3, 3)` by angles `(n,)` rad about x, from y to z."""
    return _about(angle, 1, 2)


def about_y(angle: np.ndarray) -> np.ndarray:
    """`(n, 3, 3)` by angles `(n,)` rad about y, from z to x."""
    return _about(angle, 2, 0)


def about_z(angle: np.ndarray) -> np.ndarray:
    """`(n, 3, 3)` by angles `(n,)` rad about z, from x to y: anticlockwise on the screen."""
    return _about(angle, 0, 1)


def _about(angle: np.ndarray, first: int, second: int) -> np.ndarray:
    angle = np.atleast_1d(np.asarray(angle, np.float64))
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.tile(np.eye(3), (len(angle), 1, 1))
    rotation[:, first, first], rotation[:, first, second] = cos, -sin
    rotation[:, second, first], rotation[:, second, second] = sin, cos
    return rotation


def exponential(turn: np.ndarray) -> np.ndarray:
    """`(n, 3, 3)` of rotation vectors `(n, 3)` rad (Rodrigues' formula)."""
    angle = np.linalg.norm(turn, axis=1)
    x, y, z = (turn / np.maximum(angle, 1e-12)[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).reshape(-1, 3, 3)
    return np.eye(3) + np.sin(angle)[:, None, None] * cross + (1 - np.cos(angle))[:, None, None] * (cross @ cross)


def yaw_pitch_roll(rotation: np.ndarray) -> np.ndarray:
    """Degrees `(n, 3)` of R = Rx(-pitch) Ry(yaw) Rz(-roll), the order of AFLW2000-3D (see `smile_edge.measures`)."""
    yaw = np.arcsin(np.clip(rotation[:, 0, 2], -1, 1))
    pitch = np.arctan2(rotation[:, 1, 2], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 0, 1], rotation[:, 0, 0])
    return np.degrees(np.stack([yaw, pitch, roll], 1))


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Degrees `(n,)` of the turn from one rotation `(n, 3, 3)` to the other."""
    trace = np.einsum("nij,nij->n", first, second)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def nearest_rotation(matrices: np.ndarray) -> np.ndarray:
    """The rotation nearest each matrix `(n, 3, 3)` of positive determinant (orthogonal Procrustes)."""
    left, _, right = np.linalg.svd(matrices)
    return left @ right


def mean_rotation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The rotation midway between two that are not far apart, `(n, 3, 3)` each."""
    return nearest_rotation((first + second) / 2)


def mirror_rotation(rotation: np.ndarray) -> np.ndarray:
    """How the mirror image of a head `(n, 3, 3)` is turned."""
    return MIRROR[:, None] * rotation * MIRROR
