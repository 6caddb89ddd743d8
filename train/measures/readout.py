"""The runtime's measures with constants that are not shipped yet, for many faces at once.

The same formulas as `smile_edge.measures`, which reads its constants from the package; a test holds them equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from smile_edge.measures.blink import FAR_EYE_DEGREES, NEAR_EYE_DEGREES
from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import in_frame, inputs, mirrored, own_frame
from train.measures.pose.pose_network import upright_rotations

__all__ = [
    "Constants",
    "ReadPoses",
    "across_eyes",
    "blink",
    "foreshortening",
    "mouth_gap",
    "openness",
    "read_poses",
    "smile_logit",
]

Constants = Mapping[str, np.ndarray]
"""By the names of `smile_edge/assets/measures.npz`."""

_LEAST_SEEN = 0.35
"""Foreshortening beyond this is not corrected any further, as in the runtime."""
_UPPER_LIP, _LOWER_LIP = (list(TOPOLOGY_49.groups["inner_lip"][part]) for part in (slice(3), slice(3, None)))


@dataclass(frozen=True, slots=True, eq=False)
class ReadPoses:
    """What the pose network gives for `n` faces."""

    upright: np.ndarray
    """`(n, 3, 3)`: rotations of the faces once the image is turned until their own frames are upright."""
    eye_distance_px: np.ndarray
    """`(n,)` px between the eyes of the same head seen from the front."""


def read_poses(constants: Constants, points: np.ndarray) -> ReadPoses:
    """Poses of faces `(n, 49, 2)` px."""
    rows, value = inputs(points), {name: constants[name].astype(np.float64) for name in constants}
    hidden = np.tanh(rows @ value["pose_hidden"] + value["pose_hidden_bias"])
    outputs = hidden @ value["pose_out"] + rows @ value["pose_skip"] + value["pose_out_bias"]
    unit = own_frame(points).size * np.exp(np.clip(outputs[:, 6], -5, 5))
    return ReadPoses(upright_rotations(outputs), unit * value["pose_pupils"])


def openness(constants: Constants, points: np.ndarray, poses: ReadPoses) -> np.ndarray:
    """Openness `(n, 2)` of the right and left eye as seen from the front; NaN for one that is turned away."""
    weights, bias = constants["blink_eye"].astype(np.float64), constants["blink_eye_bias"].astype(np.float64)
    right, left = (inputs(faces) @ weights + bias for faces in (points, mirrored(points)))
    seen = foreshortening(constants, poses)
    found = np.stack([across_eyes(eye.reshape(-1, 6, 2)) for eye in (right, left)], 1) * seen
    yaw = np.degrees(np.arcsin(np.clip(poses.upright[:, 0, 2], -1, 1)))
    away = [(side < -FAR_EYE_DEGREES) | (side > NEAR_EYE_DEGREES) for side in (yaw, -yaw)]
    return np.where(np.stack(away, 1), np.nan, found)


def across_eyes(eyes: np.ndarray) -> np.ndarray:
    """Distance of the lids over the width of the eye `(n,)`, from six points each `(n, 6, 2)`."""
    lids = (np.linalg.norm(eyes[:, 1] - eyes[:, 5], axis=1) + np.linalg.norm(eyes[:, 2] - eyes[:, 4], axis=1)) / 2
    return np.asarray(lids / np.maximum(np.linalg.norm(eyes[:, 0] - eyes[:, 3], axis=1), 1e-6))


def foreshortening(constants: Constants, poses: ReadPoses) -> np.ndarray:
    """What the ratio of each eye is to be multiplied by, `(n, 2)`: seen part of the width over that of the height."""
    seen = np.linalg.norm(poses.upright[:, :2] @ constants["blink_vectors"].astype(np.float64), axis=1)  # (n, 4)
    seen = np.maximum(seen, _LEAST_SEEN)
    return np.asarray(seen[:, [0, 2]] / seen[:, [1, 3]])


def blink(constants: Constants, found: np.ndarray) -> np.ndarray:
    """How far eyes of an openness are shut, 0 to 1, next to the usual open eye."""
    starts, closed = float(constants["blink_starts"]), float(constants["blink_closed"])
    return np.clip((starts - found / float(constants["blink_open"])) / (starts - closed), 0, 1)


def mouth_gap(points: np.ndarray, poses: ReadPoses) -> np.ndarray:
    """Gap between the inner lips in eye distances `(n,)`, corrected for a head that is bent."""
    frame = own_frame(points)
    own = in_frame(frame, points)[..., 1]
    gap = (own[:, _LOWER_LIP] - own[:, _UPPER_LIP]).mean(1)
    seen = np.maximum(np.linalg.norm(poses.upright[:, :2, 1], axis=1), _LEAST_SEEN)
    return np.asarray(gap * frame.size / np.maximum(poses.eye_distance_px * seen, 1e-9))


def smile_logit(constants: Constants, points: np.ndarray) -> np.ndarray:
    """Logit of a smile `(n,)`."""
    return inputs(points) @ constants["smile_weights"].astype(np.float64) + float(constants["smile_bias"])
