"""Doubtful faces that stand on their heads among others: which way up they are likely to be.

A landmarker that works at any angle sees an upright face in a few blurred pixels as readily as one upside down. The
sure faces of a picture tell how the camera was held.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.face_roi import face_distances, face_roi, upside_down
from smile_edge.pipeline.still_images import CERTAIN_SCORE, landmarks_of
from smile_edge.records import Face
from smile_edge.topology import POINTS, TOPOLOGY_70
from smile_edge.types import FloatArray, Image

if TYPE_CHECKING:
    from smile_edge.pipeline.models import Landmarker

__all__ = ["right_way_up"]

AGREEING = 0.7
"""Length of the mean direction of the sure faces, from which on they say how the camera was held."""
TURNED = np.radians(120)
"""Angle to that direction from which a face stands on its head."""
LEAST_PRESENCE, LEAST_SHARE = 0.15, 0.5
"""What the landmarker must give the other way up: among sure faces so much, without them this share of what it gives as
the face was found."""
FARTHEST = 0.6
"""How far off, in face sizes, the face the other way up may lie: its points were poor."""
PASSES = 2


def right_way_up(landmarker: "Landmarker", image: Image, faces: Sequence[Face], expression: bool) -> list[Face]:
    """The faces of one picture, doubtful ones the other way up where that is more likely. Scores and boxes stay.

    Args:
        landmarker: it looks again.
        image: `(h, w, 3)` uint8 BGR.
        faces: found in it, in its pixels.
        expression: whether they bring their expressions.
    """
    doubtful = [k for k, face in enumerate(faces) if face.score < CERTAIN_SCORE]
    if not doubtful:
        return list(faces)
    five = TOPOLOGY_70.five_points(np.array([face.points for face in faces], np.float32).reshape(-1, POINTS, 2))
    angles = face_roi(five)[2]
    up, known = _up(np.delete(angles, doubtful))
    turned = [k for k in doubtful if np.cos(angles[k] - up) < np.cos(TURNED)]
    if not turned:
        return list(faces)
    other = landmarker.landmarks([(image, points) for points in upside_down(five[turned])], PASSES, True)
    least = np.full(len(turned), LEAST_PRESENCE)
    if not known:
        least = LEAST_SHARE * landmarker.landmarks([(image, five[k]) for k in turned], 1, True).presence
    kept = list(faces)
    there = _in_place(landmarker.topology.five_points(other.points), five[turned])
    looks = landmarks_of(other, landmarker.topology, expression)
    for k, found, likely in zip(turned, looks, there & (other.presence > least), strict=True):
        if likely:
            kept[k] = replace(faces[k], **found)
    return kept


def _up(sure: FloatArray) -> tuple[float, bool]:
    """The angle of upright faces in the picture by the angles of sure ones, rad, and whether these agree; else 0."""
    if not len(sure):
        return 0.0, False
    direction = np.exp(1j * sure).mean()
    known = bool(abs(direction) >= AGREEING)
    return (float(np.angle(direction)) if known else 0.0), known


def _in_place(five: FloatArray, before: FloatArray) -> npt.NDArray[np.bool_]:
    """`(k,)` bool: faces of five points `(k, 5, 2)` px that lie where they did `before`."""
    return np.asarray(np.diagonal(face_distances(five, before)) < FARTHEST)
