"""The faces of a data pack that teachers label: where each lies, and what people say of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from train.data.formats.dense import read_dense
from train.data.formats.kind import PackKind, kind_of
from train.data.formats.mtfl import read_mtfl
from train.data.formats.teacher import read_teacher
from train.data.formats.wider import read_wider
from train.data.samples import HUMAN_PACKS, FaceSample
from train.errors import DataError

__all__ = ["PackFaces", "read_pack_faces"]

LEAST_HEIGHT_PX = 60
"""Of a face that has a box only; MediaPipe misses smaller ones."""
LEAST_OVERLAP, LEAST_SCORE = 0.4, 0.5
"""IoU and score from which a face that another detector found is the one in the box."""
UNKNOWN = -1
"""Occlusion of a face that no label flags."""


@dataclass(frozen=True, slots=True, eq=False)
class PackFaces:
    """`n` faces of one pack."""

    folder: Path
    images: list[Path]
    five: np.ndarray
    """`(n, 5, 2)` px: where each face lies."""
    groups: list[str]
    """Identity or file."""
    human: np.ndarray
    """`(n, 68, 3)` px, weight: the points of people in a pack of `HUMAN_PACKS`, else zeros."""
    human_five: np.ndarray
    """`(n, 5, 3)` px, weight: the five points of people in an MTFL pack, else zeros."""
    occlusion: np.ndarray
    """`(n,)`: 0 bare, 1 in part, 2 covered, -1 unknown."""

    def __len__(self) -> int:
        return len(self.images)


def read_pack_faces(folder: Path) -> PackFaces | None:
    """The faces of a pack; None where it has no labels of faces, or for checking only.

    Raises:
        DataError: a label file is not as its reader says, or a pack of people's points does not have all 68.
    """
    match kind_of(folder):
        case PackKind.DENSE:
            return _with_points(folder, read_dense(folder))
        case PackKind.MTFL:
            return _with_points(folder, read_mtfl(folder), five_of_people=True)
        case PackKind.WIDER:
            return _with_boxes(folder)
        case _:
            return None


def _with_points(folder: Path, samples: list[FaceSample], five_of_people: bool = False) -> PackFaces:
    count = len(samples)
    five = np.array([sample.five() for sample in samples], np.float32).reshape(-1, 5, 2)
    human, human_five = np.zeros((count, 68, 3), np.float32), np.zeros((count, 5, 3), np.float32)
    if five_of_people:
        human_five = np.concatenate([five, np.ones((count, 5, 1), np.float32)], -1)
    if folder.name in HUMAN_PACKS:
        whole = [sample.whole for sample in samples if sample.whole is not None]
        if len(whole) < count:
            raise DataError(f"{folder}: expected 68 points a face, found 49: what teachers say is fitted to all 68")
        points = np.array(whole, np.float32).reshape(-1, 68, 2)
        human[..., :2], human[..., 2] = np.nan_to_num(points), np.isfinite(points).all(-1)
    groups = [sample.group for sample in samples]
    occlusion = np.full(count, UNKNOWN, np.int8)
    return PackFaces(folder, [sample.image for sample in samples], five, groups, human, human_five, occlusion)


def _with_boxes(folder: Path) -> PackFaces:
    """The faces of a WIDER pack that are large and that the other detector found as well: it has their five points."""
    teacher = read_teacher(folder)
    images: list[Path] = []
    groups: list[str] = []
    five: list[np.ndarray] = []
    flags: list[int] = []
    for scene in read_wider(folder):
        boxes, scores, points = teacher.get(scene.image.relative_to(folder).as_posix(), (np.zeros((0, 4)), None, None))
        rows = np.flatnonzero(~scene.ignore & (scene.boxes[:, 3] >= LEAST_HEIGHT_PX))
        if scores is None or points is None or not len(boxes) or not len(rows):
            continue
        overlap = iou_xyxy(xywh_to_xyxy(scene.boxes[rows]), xywh_to_xyxy(boxes))
        for row, best, most in zip(rows, overlap.argmax(1), overlap.max(1), strict=True):
            if most > LEAST_OVERLAP and scores[best] > LEAST_SCORE:
                images.append(scene.image)
                groups.append(scene.group)
                five.append(points[best])
                flags.append(UNKNOWN if scene.occlusion is None else int(scene.occlusion[row]))
    places = np.array(five, np.float32).reshape(-1, 5, 2)
    count = len(images)
    human, human_five = np.zeros((count, 68, 3), np.float32), np.zeros((count, 5, 3), np.float32)
    return PackFaces(folder, images, places, groups, human, human_five, np.array(flags, np.int8))
