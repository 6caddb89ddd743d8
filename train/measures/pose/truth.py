"""Faces whose pose is known: heads turned by known angles, and faces with points that people or machines placed."""

from collections.abc import Sequence

import numpy as np

from train.data.samples import HUMAN_PACKS
from train.measures.pose.rotations import angle_between, mean_rotation, yaw_pitch_roll
from train.measures.pose.teacher import PoseTruth, fit_heads
from train.measures.pose.turned_heads import TurnedHeads
from train.measures.pose.weak_perspective import FaceModel, fit_faces, normalised, point_weights
from train.measures.predictions import LabelledFaces

__all__ = ["TURNED", "known_poses", "mean_face"]

TURNED = "turned heads"
"""Kind of the faces that were turned."""
_MACHINE_WEIGHT = 0.3
"""Weight of a face whose points a machine placed; 1 where people did, and of a turned head."""
_HARDLY_TURNED_DEG, _HARDLY_TURNED_WEIGHT = 30.0, 0.1
"""Yaw below which a turned head says little that real faces do not say better, and its weight."""
_DISAGREEMENT_DEG = 20.0
"""Turn between the two estimates of a turned head's pose from which it is left out."""
_WRONG_LABEL_DEG = 30.0
"""Turn between the poses of a face's labels and of its points from which one of them is of another face."""
_LABEL_SIGMA = 0.01
"""Error of labels, radii."""
_EXACT_PX = 1e-3
"""So that only the model's own noise weighs."""


def known_poses(model: FaceModel, faces: LabelledFaces, heads: TurnedHeads, head_groups: Sequence[str]) -> PoseTruth:
    """What is known of turned heads and of the faces with all 49 labels.

    Args:
        model: fits the labels.
        faces: of all packs.
        heads: made of some of them.
        head_groups: whose head each is.
    """
    dense = faces.dense()
    labelled = fit_heads(dense.labels, np.full(dense.sigma.shape, _EXACT_PX), model).rotation
    seen = fit_heads(dense.points, dense.sigma, model).rotation
    right = angle_between(labelled, seen) < _WRONG_LABEL_DEG
    turned, sure = _turned_poses(model, heads)
    yaw = np.abs(yaw_pitch_roll(turned)[:, 0])
    weights = np.where(np.isin(dense.packs, list(HUMAN_PACKS)), 1.0, _MACHINE_WEIGHT)
    truth = PoseTruth(
        np.concatenate([heads.points, dense.points]).astype(np.float64),
        np.concatenate([heads.sigma, dense.sigma]).astype(np.float64),
        np.concatenate([turned, labelled]),
        np.concatenate([np.where(yaw < _HARDLY_TURNED_DEG, _HARDLY_TURNED_WEIGHT, 1.0), weights]),
        np.concatenate([np.array(head_groups), dense.groups]),
        np.concatenate([np.full(len(heads), TURNED), dense.packs]),
    )
    return truth.rows(np.concatenate([sure, right]))


def mean_face(heads: TurnedHeads, rounds: int = 3) -> np.ndarray:
    """The mean of the faces before they were turned `(49, 3)`, y up, each laid onto it (Gower, 1975).

    With the depth of MediaPipe's mesh it is near enough to begin structure from motion with.
    """
    _, first = np.unique(heads.face, return_index=True)
    faces = heads.before[first] * [1, -1, 1]
    faces = faces - faces.mean(1, keepdims=True)
    faces = faces / np.sqrt((faces**2).sum(2).mean(1))[:, None, None]
    mean = faces.mean(0)
    for _ in range(rounds):
        left, _, right = np.linalg.svd(faces.transpose(0, 2, 1) @ mean)  # orthogonal Procrustes
        mean = (faces @ left @ right).mean(0)
    return np.asarray(mean)


def _turned_poses(model: FaceModel, heads: TurnedHeads) -> tuple[np.ndarray, np.ndarray]:
    """The poses of turned heads `(n, 3, 3)`, and which are sure `(n,)`.

    The mean of two: the pose of the labels before, turned as the head was; and the pose of the labels where they went.
    """
    before = heads.rotation() @ _pose_of_labels(model, heads.before[..., :2])
    after = _pose_of_labels(model, heads.after)
    return mean_rotation(before, after), angle_between(before, after) < _DISAGREEMENT_DEG


def _pose_of_labels(model: FaceModel, labels: np.ndarray) -> np.ndarray:
    points = normalised(labels).points
    return fit_faces(points, point_weights(np.full(points.shape[:2], _LABEL_SIGMA), model), model).rotation
