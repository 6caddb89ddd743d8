"""Labels of 70 points and the expression from opinions that agree: what `train landmarks --labels` learns from."""

import numpy as np

from smile_edge.topology import FIVE_FLIP, TOPOLOGY_70
from train.data.own_frame import OwnFrame, in_frame, out_of_frame
from train.data.samples import HUMAN_PACKS
from train.distillation.pack_faces import PackFaces
from train.distillation.teacher import Taught, Teacher
from train.distillation.teacher_views import FLIP_BLEND, TeacherViews
from train.errors import DataError

__all__ = ["agreement", "convention_gap", "label_faces"]

HALF_WEIGHT = 2.5
"""Disagreement at which a point weighs half, in medians of held-out faces with people's points; about 1 / error^2."""
GROSS = 3.5
"""Mean disagreement of a face from which it is left out, in the same unit: 0.4 % of people's faces."""
FARTHEST_FIVE = 0.12
"""Mean distance of people's five points from the teacher's, once the convention's gap is off, in face sizes, from which
a face is left out."""
MASKED_PACKS = frozenset({"masks"})
"""Packs of masked faces, by name: which faces are left out is decided by `_BARE`."""

_INNER = np.arange(len(TOPOLOGY_70.groups["jaw"]), 68)
_BARE = np.concatenate([TOPOLOGY_70.groups[name] for name in ("right_brow", "left_brow", "right_eye", "left_eye")])
"""Points that no mask covers."""


def label_faces(faces: PackFaces, views: TeacherViews, teacher: Teacher) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The arrays of a file of teacher labels (`train.data.formats.teacher_labels`), and how far teachers differ.

    Args:
        faces: of a pack; where people placed 68 points, those are the labels.
        views: what teachers say of them.
        teacher: makes one of it.

    Returns:
        The arrays, and `(n,)`: the mean disagreement of each face, infinite where MediaPipe does not find it.

    Raises:
        DataError: MediaPipe finds none of the faces.
    """
    rows = np.flatnonzero(views.found())
    if not len(rows):
        raise DataError(f"{faces.folder}: MediaPipe finds none of {len(faces)} faces: leave the pack out of --data")
    taught = teacher(views.rows(rows))
    away = teacher.disagreement(taught)
    of_people, five = faces.folder.name in HUMAN_PACKS, faces.human_five.copy()
    label = np.zeros((len(faces), TOPOLOGY_70.count, 3), np.float32)
    label[rows] = np.concatenate([taught.points, agreement(away)[..., None]], -1)
    deciding = _BARE if faces.folder.name in MASKED_PACKS else _INNER
    of_face = np.full(len(faces), np.inf)
    of_face[rows] = away[:, deciding].mean(1)
    valid = of_face < GROSS
    if of_people:
        label[:, :68], valid = faces.human, np.ones(len(faces), bool)
    if five[..., 2].any():
        five[rows, :, :2], far = _in_teachers_convention(five[rows, :, :2], taught)
        valid[rows] &= far < FARTHEST_FIVE
    label[~valid, :, 2] = 0
    blend = (views.blends[0] + views.blends[1][:, FLIP_BLEND]) / 2
    return {
        "images": np.array([image.relative_to(faces.folder.parent).as_posix() for image in faces.images]),
        "group": np.array(faces.groups),
        "five": faces.five,
        "label": label,
        "human_five": five,
        "blend": np.nan_to_num(blend),
        "blend_plain": np.nan_to_num(views.blends[0]),
        "blend_known": np.isfinite(blend).all(1) & valid,
        "occlusion": faces.occlusion,
    }, of_face


def agreement(disagreement: np.ndarray) -> np.ndarray:
    """The weight 0..1 of points by how far teachers differ, in medians."""
    return np.asarray(1 / (1 + (disagreement / HALF_WEIGHT) ** 2))


def convention_gap(human: np.ndarray, teacher: np.ndarray, frame: OwnFrame) -> np.ndarray:
    """What the convention of people's five points adds to the teacher's: `(n, 5, 2)` face sizes.

    A constant and a slope along the place of the nose's tip in the face's frame, which follows yaw and pitch; fitted to
    both mirror images of the faces whose gap is not far from the median.

    Args:
        human: `(n, 5, 2)` px.
        teacher: `(n, 5, 2)` px.
        frame: of the faces.
    """
    own = in_frame(frame, teacher)
    gap = in_frame(frame, human) - own
    tip = np.column_stack([np.ones(len(own)), own[:, 2]])  # (n, 3)
    both = np.concatenate([gap, gap[:, list(FIVE_FLIP)] * (-1, 1)]).reshape(2 * len(own), 10)
    inputs = np.concatenate([tip, tip * (1, -1, 1)])
    near = np.abs(both - np.median(both, 0)).max(1) < FARTHEST_FIVE
    return (tip @ np.linalg.lstsq(inputs[near], both[near], rcond=None)[0]).reshape(-1, 5, 2)


def _in_teachers_convention(human: np.ndarray, taught: Taught) -> tuple[np.ndarray, np.ndarray]:
    """People's five points `(n, 5, 2)` px without the convention's gap, and how far they are off, `(n,)` face sizes."""
    human, teacher = human.astype(np.float64), taught.five()
    gap = convention_gap(human, teacher, taught.frame)
    moved = out_of_frame(taught.frame, in_frame(taught.frame, human) - gap)
    return moved, np.linalg.norm(moved - teacher, axis=-1).mean(1) / taught.frame.size
