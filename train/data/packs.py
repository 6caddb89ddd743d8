"""Faces of data packs for the landmarker, whatever the format of the pack."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_roi
from train.data.crop_cache import TIGHT_CROP, CropGeometry, stored_matrices
from train.data.formats.dense import read_dense
from train.data.formats.kind import PackKind, kind_of
from train.data.formats.mtfl import read_mtfl
from train.data.formats.points_csv import read_points_csv
from train.data.formats.teacher import read_teacher
from train.data.samples import FaceSample
from train.data.scenes import TEACHER_MIN_SCORE
from train.errors import DataError

__all__ = ["agreeing", "read_faces", "stored_boxes"]


MAX_DISAGREEMENT = 0.2
"""Dense labels whose five points lie further than this (in face sizes) from a detector's are taken for wrong."""


def read_faces(folders: Sequence[Path]) -> list[FaceSample]:
    """Faces of every pack and CSV, each read in its own format; dense labels that a teacher contradicts are left out.

    Raises:
        DataError: none of the folders holds labelled faces.
    """
    samples: list[FaceSample] = []
    for folder in folders:
        if folder.is_file():
            samples += read_points_csv(folder)
        elif kind_of(folder) is PackKind.MTFL:
            samples += read_mtfl(folder)
        elif kind_of(folder) is PackKind.DENSE:
            samples += agreeing(read_dense(folder), folder)
    if not samples:
        raise DataError(
            "no labelled faces in --data: pass a CSV of named points, or a pack with training.txt or keypoints.csv"
        )
    return samples


def agreeing(samples: Sequence[FaceSample], folder: Path) -> list[FaceSample]:
    """The samples whose five points no teacher face contradicts (`MAX_DISAGREEMENT`)."""
    teacher = read_teacher(folder)
    kept = []
    for sample in samples:
        points = teacher.get(sample.image.relative_to(folder).as_posix(), (None, None, np.zeros((0, 5, 2))))[2]
        size = face_roi(sample.five())[1]
        if len(points) == 0 or np.linalg.norm(points - sample.five(), axis=-1).mean(-1).min() < MAX_DISAGREEMENT * size:
            kept.append(sample)
    return kept


def stored_boxes(
    samples: Sequence[FaceSample], folders: Sequence[Path], geometry: CropGeometry = TIGHT_CROP
) -> np.ndarray:
    """`(n, 4)` xywh px of the stored crop: the box a teacher drew around the same face, NaN where it drew none."""
    boxes = np.full((len(samples), 4), np.nan, np.float32)
    teachers = [(folder, read_teacher(folder)) for folder in folders]
    for row, sample in enumerate(samples):
        for folder, teacher in teachers:
            found = teacher.get(sample.image.relative_to(folder).as_posix()) if folder in sample.image.parents else None
            if found is None or not len(found[0]):
                continue
            distance = np.linalg.norm(found[2] - sample.five(), axis=-1).mean(-1) / face_roi(sample.five())[1]
            distance[found[1] < TEACHER_MIN_SCORE] = np.inf
            if distance.min() < MAX_DISAGREEMENT:
                boxes[row] = found[0][distance.argmin()]
    matrices = stored_matrices(samples, geometry)
    return np.stack([rotated_box_xywh(box, matrix)[0] for box, matrix in zip(boxes, matrices, strict=True)])
