"""One face as the bytes that OpenSeeFace's tracker sends and its Unity component reads.

The coordinates of that program: a face model with x to the subject's right, y up, z forwards and its origin at the tip
of the nose; a camera with x down the image, y to its right, z away. Its fit lands behind the camera: the translation is
the negative of where the nose is, and a face that looks ahead has the angles 180, 0, 90 degrees.
"""

import math
import struct
from collections.abc import Iterator
from itertools import chain

import numpy as np
import numpy.typing as npt

from smile_edge.measures.camera import EYE_DISTANCE_MM
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.values import Pair
from smile_edge.records import Face
from smile_edge.sinks.network.unity import GAZE_DEGREES, Quaternion, head_quaternion, product

__all__ = ["PACKET_BYTES", "POINTS", "face_packet"]

_PACKET = struct.Struct("<di2f2fBf4f3f3f68f136f210f14f")
"""Time, id, size, eyes, found, error; quaternion, angles, translation; confidences, points, points in 3-D, features."""
PACKET_BYTES = _PACKET.size
"""1,785 bytes a face."""

POINTS = (*range(48), *range(49, 54), *range(55, 70))
"""Which of `TOPOLOGY_70` the 68 points are: 66 without the outer corners of the mouth, then the pupils."""
_INSTEAD = {60: 48, 64: 54}
"""The outer corners of the mouth, where the model does not give the inner ones."""

_EYE_DISTANCE = 0.516
"""Distance between the pupils in units of OpenSeeFace's face model."""
_EYES_MIDDLE = np.array([0.0, 0.276, -0.22])
"""Where the middle between the pupils is in it."""
_EYEBALL = 0.105
"""From the centre of an eyeball to its pupil."""
_NO_FIT = 99_999.0
"""Error of a face without a pose; receivers pass over such a face."""
_FEATURES = 14

_HALF_TURN: Quaternion = (-math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0)
"""What a face that looks ahead has, once a receiver has changed the axes to Unity's."""
_TO_CAMERA = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
"""From x to the image's right, y up, z to the camera: to down, right, away."""

Array = npt.NDArray[np.float64]


def face_packet(face: Face, size: tuple[int, int], time_s: float, *, in_mm: bool = False) -> bytes:
    """The packet of a face in a picture that is not mirrored.

    Args:
        face: with its id.
        size: width and height of the frame, px.
        time_s: when it was taken, seconds since 1970.
        in_mm: the face's translation is in mm, not in eye distances.
    """
    found = all(map(math.isfinite, face.pose))
    numbers = chain(
        map(float, size),
        _openness(face.blink),
        (found, 0.0 if found else _NO_FIT),
        _turn(face, in_mm) if found else (0.0,) * 10,
        *_points(face),
        _points_3d(face),
        _features(face),
    )
    return _PACKET.pack(time_s, face.id, *numbers)


def _openness(blink: Pair) -> Pair:
    """1 open to 0 shut, right and left. An eye that is turned away does as the other; open where neither is known."""
    known = [1 - value for value in blink if math.isfinite(value)]
    right, left = (1 - value if math.isfinite(value) else known[0] if known else 1.0 for value in blink)
    return right, left


def _turn(face: Face, in_mm: bool) -> Iterator[float]:
    """Quaternion, angles in degrees and translation of the face model."""
    x, y, z, w = product(head_quaternion(face.pose), _HALF_TURN)
    yield from (-y, -x, z, w)
    seen: Array = _TO_CAMERA @ rotation_of(face.pose).astype(np.float64) @ np.diag([-1.0, 1.0, 1.0])
    fit = np.diag([-1.0, -1.0, 1.0]) @ seen
    yield math.degrees(math.atan2(fit[2, 1], fit[2, 2]))
    yield -math.degrees(math.asin(max(-1.0, min(1.0, fit[2, 0]))))
    yield math.degrees(math.atan2(fit[1, 0], fit[0, 0]))
    right, down, away = face.translation
    unit = _EYE_DISTANCE / (EYE_DISTANCE_MM if in_mm else 1.0)
    nose = np.array([down, right, away]) * unit - seen @ _EYES_MIDDLE
    yield from (-nose if np.isfinite(nose).all() else np.zeros(3)).tolist()


def _points(face: Face) -> tuple[list[float], list[float]]:
    """Confidences, and x and y of each point in turn; all 0 for a point that is not known."""
    known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(face.points).all(1))
    taken = [_INSTEAD.get(index, index) if not known[index] else index for index in POINTS]
    sure = np.where(np.isfinite(face.visible), face.visible, face.score)
    confidences = np.where(known, sure, 0.0)[taken]
    points = np.where(known[:, None], face.points, 0.0)[taken]
    return confidences.tolist(), points.ravel().tolist()


def _points_3d(face: Face) -> Iterator[float]:
    """Pupils and centres of the eyeballs, right first, so that receivers know where they look; the others are 0.

    An eye whose gaze is not known looks ahead.
    """
    yield from (0.0,) * 66 * 3
    half = np.array([_EYE_DISTANCE / 2, 0.0, 0.0])
    pupils = _EYES_MIDDLE + half, _EYES_MIDDLE - half
    centres = [pupil - (0.0, 0.0, _EYEBALL) for pupil in pupils]
    looks = (centre + _EYEBALL * _direction(gaze) for centre, gaze in zip(centres, face.gaze, strict=True))
    for x, y, z in chain(looks, centres):
        yield from (x, -y, -z)


def _direction(gaze: Pair) -> Array:
    """Where an eye looks, in the axes of the face model, length 1."""
    right, up = (math.radians(GAZE_DEGREES * part) if math.isfinite(part) else 0.0 for part in gaze)
    return np.array([-math.sin(right) * math.cos(up), math.sin(up), math.cos(right) * math.cos(up)])


def _features(face: Face) -> tuple[float, ...]:
    """Left eye and right eye, 0 open to -1 shut, and how far the mouth is open, 0..1; the others are 0."""
    features = [0.0] * _FEATURES
    right, left = _openness(face.blink)
    features[:2] = left - 1, right - 1
    features[12] = face.mouth_open if math.isfinite(face.mouth_open) else 0.0
    return tuple(features)
