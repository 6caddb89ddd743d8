"""Whose face is sent on, and how it is in the picture as the camera took it."""

import math
from dataclasses import replace

import numpy as np

from smile_edge.errors import UsageError
from smile_edge.measures.values import FaceMeasures, Pair, Pose
from smile_edge.records import Face, FrameResult

__all__ = ["check_choice", "choose_face", "unmirrored"]


def check_choice(face: str | int) -> str | int:
    """`largest`, or the id of a face as a number.

    Raises:
        UsageError: it is neither.
    """
    text = str(face)
    if text == "largest":
        return text
    if text.isascii() and text.isdigit():
        return int(text)
    raise UsageError(f"the face must be 'largest' or the id of a face, a number from 0. Received: {text!r}")


def choose_face(result: FrameResult, choice: str | int) -> Face | None:
    """The face of this id or with the largest box, as `unmirrored` gives it; None where it is not in the frame."""
    if choice == "largest":
        face = max(result.faces, key=lambda one: math.prod(one.box[2:].tolist()), default=None)
    else:
        face = next((one for one in result.faces if one.id == choice), None)
    return None if face is None else unmirrored(face, result)


def unmirrored(face: Face, result: FrameResult) -> Face:
    """The face where it is in the picture that was not flipped; its sides are the subject's, as before.

    An avatar does what the person does, with its own right and left, whether the picture is shown as a mirror or not.
    """
    if not result.mirrored:
        return face
    last = result.width - 1
    points = np.stack([last - face.points[:, 0], face.points[:, 1]], 1)
    left, top, width, height = face.box.tolist()
    box = np.array([last - left - width, top, width, height], np.float32)
    return replace(face, points=points, box=box, mirrored=False, given=_turned_back(face.measures))


def _turned_back(found: FaceMeasures) -> FaceMeasures:
    """Measures with the directions of the picture that was not flipped."""
    pose = Pose(-found.pose.yaw, found.pose.pitch, -found.pose.roll)
    right, down, away = found.translation
    gaze = (_other_way(found.gaze[0]), _other_way(found.gaze[1]))
    return found._replace(pose=pose, translation=(-right, down, away), gaze=gaze)


def _other_way(gaze: Pair) -> Pair:
    return -gaze[0], gaze[1]
