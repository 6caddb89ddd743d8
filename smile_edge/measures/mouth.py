"""How far the mouth is open, and whether it smiles."""

import math

import numpy as np

from smile_edge.measures.constants import constants, scalar
from smile_edge.measures.head_pose import HeadPose
from smile_edge.topology import TOPOLOGY_49

__all__ = ["COLUMNS", "WEIGHTS", "mouth_open", "smile"]

_SHUT, _WIDE = scalar("mouth_shut"), scalar("mouth_wide")
"""Gap between the lips in eye distances where people see the lips closed, and in the widest of a thousand faces."""
_LEAST_SEEN = 0.35
"""Foreshortening beyond this is not corrected any further."""
COLUMNS = 2


def _weights() -> tuple[np.ndarray, np.ndarray]:
    """Columns `(98, 2)` and biases: the mean gap between three pairs of the inner lips, down; the smile's logit."""
    gap = np.zeros((TOPOLOGY_49.count, 2))
    upper, lower = TOPOLOGY_49.groups["inner_lip"][:3], TOPOLOGY_49.groups["inner_lip"][3:]
    gap[list(lower), 1], gap[list(upper), 1] = 1 / 3, -1 / 3
    return np.stack([gap.ravel(), constants("smile_weights")], 1), np.array([0.0, scalar("smile_bias")])


WEIGHTS = _weights()
"""Columns and biases that the readout takes."""


def mouth_open(gap: float, size_px: float, head: HeadPose) -> float:
    """0 shut to 1 wide open, corrected for a head that is bent.

    Args:
        gap: between the lips, in units of the face's own frame.
        size_px: one such unit.
        head: the pose.
    """
    seen = max(math.hypot(head.across[1], head.up[1]), _LEAST_SEEN)
    eye_distances = gap * size_px / max(head.eye_distance_px * seen, 1e-9)
    part = (eye_distances - _SHUT) / (_WIDE - _SHUT)
    return 1.0 if part > 1 else 0.0 if part < 0 else part


def smile(logit: float) -> float:
    """Probability of a smile; a half lies midway between the mean face at rest and the mean smile of MTFL."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
