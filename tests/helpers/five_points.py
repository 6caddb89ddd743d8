"""Five points of an upright face, and the same turned."""

import numpy as np

__all__ = ["UPRIGHT", "turned"]

UPRIGHT = np.array([[-20, -25], [20, -25], [0, 0], [-15, 25], [15, 25]], np.float32)


def turned(degrees: float, centre: tuple[float, float] = (100.0, 80.0)) -> np.ndarray:
    """The upright face turned clockwise on the screen."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return UPRIGHT @ turn.T + centre
