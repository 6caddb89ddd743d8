"""How a head and its eyes are turned, in Unity's axes of a bone at rest: x to the avatar's right, y up, z forwards.

They are left-handed. The picture's x runs to the subject's left and Unity's to the avatar's right, so what turns about
y and z turns the other way round there: Rx(-pitch) Ry(yaw) Rz(-roll) becomes Rx(-pitch) Ry(-yaw) Rz(roll).
"""

import math

from smile_edge.measures.values import Pair, Pose

__all__ = ["GAZE_DEGREES", "Quaternion", "eye_quaternion", "head_quaternion", "product"]

Quaternion = tuple[float, float, float, float]
"""x, y, z, w."""

GAZE_DEGREES = 30.0
"""How far an eye turns at a gaze of 1: about where the iris reaches the corner."""


def head_quaternion(pose: Pose) -> Quaternion:
    """The rotation of an avatar's head, of a pose in a picture that is not mirrored.

    The avatar turns to its own left where the person does.
    """
    yaw, pitch, roll = map(math.radians, pose)
    return product(product(_about(0, -pitch), _about(1, -yaw)), _about(2, roll))


def eye_quaternion(gaze: Pair) -> Quaternion:
    """The rotation in the head of an eye that looks x to the image's right and y up, -1..1."""
    right, up = (math.radians(GAZE_DEGREES * part) for part in gaze)
    return product(_about(1, -right), _about(0, -up))


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation `b`, then `a`."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def _about(axis: int, angle: float) -> Quaternion:
    parts = [0.0, 0.0, 0.0, math.cos(angle / 2)]
    parts[axis] = math.sin(angle / 2)
    return parts[0], parts[1], parts[2], parts[3]
