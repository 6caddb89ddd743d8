"""Where a face lies when only some of its points are labelled: from the labels, else from the shipped models."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.samples import FLIP, READOUT

__all__ = ["FaceFinder", "face_finder", "found_frame", "labelled_frame", "swapped_label"]

FaceFinder = Callable[[np.ndarray], Sequence[np.ndarray]]
"""An image `(h, w, 3)` uint8 BGR to the points `(49, 2)` px of each face in it."""

FARTHEST_FACE = 1.0
"""Mean distance, in sizes of the face found, within which a found face is the labelled one."""
SWAPPED, SWAPPED_ONE_SIDE = 0.12, 0.25
"""Labels that lie this far (in face sizes, on the mean) on the wrong side of the face are swapped; where only one side
is labelled a turned head may look so, and they must lie further."""

_NOSE, _MOUTH = 13, [31, 37]
_RIGHT = [*range(5), 14, 15, *range(19, 25), 31, 32, 33, 41, 42, 43, 48, 49]
_SIDE = np.zeros(len(FLIP), np.float32)
_SIDE[_RIGHT], _SIDE[FLIP[_RIGHT]] = -1, 1
"""Of each label: -1 on the subject's right, 1 on the left, 0 in the middle."""


def labelled_frame(targets: np.ndarray) -> np.ndarray | None:
    """The five points `(5, 2)` px that labels `(51, 3)` give; None unless both eyes and both mouth corners are there.

    An eye is there by its centre or by all its six points. A missing nose is put midway: no crop depends on it.
    """
    points, there = targets[:, :2], targets[:, 2] > 0
    eyes = []
    for centre in (49, 50):
        around = np.flatnonzero(READOUT[centre])
        if not there[centre] and not there[around].all():
            return None
        eyes.append(points[centre] if there[centre] else points[around].mean(0))
    if not there[_MOUTH].all():
        return None
    mouth = points[_MOUTH]
    nose = points[_NOSE] if there[_NOSE] else (np.mean(eyes, 0) + mouth.mean(0)) / 2
    return np.stack([*eyes, nose, *mouth]).astype(np.float32)


def found_frame(targets: np.ndarray, faces: Sequence[np.ndarray]) -> np.ndarray | None:
    """The five points `(5, 2)` px of the face nearest the labels `(51, 3)`; None where none is near enough.

    A face is also near when the labels fit it with right and left swapped: `swapped_label` then finds the mistake.
    """
    there = targets[:, 2] > 0
    nearest, frame = FARTHEST_FACE, None
    for face in faces:
        points, five = READOUT @ face, TOPOLOGY_49.five_points(face)
        distances = [np.linalg.norm((p - targets[:, :2])[there], axis=-1).mean() for p in (points, points[FLIP])]
        distance = min(distances) / face_roi(five)[1]
        if distance < nearest:
            nearest, frame = distance, five
    return frame


def swapped_label(targets: np.ndarray, frame: np.ndarray) -> int | None:
    """A label of one side where the labels `(51, 3)` lie on the other side of the face, else None.

    Only the axis from the eyes to the mouth is taken from the five points `frame`: it stays when sides are swapped.
    """
    sided = np.flatnonzero((targets[:, 2] > 0) & (_SIDE != 0))
    if not len(sided):
        return None
    top, bottom = frame[:2].mean(0), frame[3:].mean(0)
    down = (bottom - top) / max(float(np.linalg.norm(bottom - top)), 1e-6)
    away = targets[sided, :2] - (top + bottom) / 2
    offset = _SIDE[sided] * (away[:, 0] * down[1] - away[:, 1] * down[0])
    limit = SWAPPED if len(set(_SIDE[sided])) == 2 else SWAPPED_ONE_SIDE
    return int(sided[0]) if offset.mean() < -limit * float(face_roi(frame)[1]) else None


def face_finder(find: FaceFinder | None) -> Callable[[Path], Sequence[np.ndarray]]:
    """Faces by image file, each file looked at once; without `find` the shipped models look, opened when needed."""

    @cache
    def shipped() -> FaceFinder:
        from smile_edge import FacePipeline

        pipeline = FacePipeline(provider="cpu")
        return lambda image: [face.inner_points() for face in pipeline.process(image).faces]

    @cache
    def faces(path: Path) -> Sequence[np.ndarray]:
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
        return (find or shipped())(image)

    return faces
