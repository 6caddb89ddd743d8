"""The pose network that ships: it learns from the teacher what the teacher makes of every face."""

from typing import Any

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import in_frame, own_frame
from train.measures.pose.pose_network import PoseNetwork, rotation_targets, train_pose_network
from train.measures.pose.teacher import HeadFit, PoseTeacher
from train.measures.pose.weak_perspective import FaceModel

__all__ = ["pose_constants", "pose_targets", "train_student"]

UNITS = 24
"""Hidden units: 40 are no better (`train/EXPERIMENTS.md`)."""
_TRAINING: dict[str, Any] = {"units": UNITS, "epochs": 40, "decay": 1e-5, "huber": 0.5}
_COPIES, _JITTER = 2, 0.3
"""Copies of each face whose points are moved, and by how much, in the landmarker's sigma."""


def train_student(teacher: PoseTeacher, points: np.ndarray, sigma: np.ndarray, seed: int = 0) -> PoseNetwork:
    """Learns the teacher's poses of faces `(n, 49, 2)` px with errors `(n, 49)` px, and of jittered copies."""
    rng = np.random.default_rng(seed)
    points, sigma = points.astype(np.float64), sigma.astype(np.float64)
    jittered = [points + _JITTER * sigma[..., None] * rng.normal(size=points.shape) for _ in range(_COPIES)]
    every = np.concatenate([points, *jittered])
    poses = teacher.poses(every, np.concatenate([sigma] * (1 + _COPIES)))
    return train_pose_network(every, pose_targets(every, poses), np.ones(len(every)), **_TRAINING, seed=seed)


def pose_targets(points: np.ndarray, poses: HeadFit) -> np.ndarray:
    """Targets `(n, 9)`: rotation, log of the face model's unit in that of the own frame, its origin in that frame."""
    frame = own_frame(points)
    size = np.log(poses.unit_px / frame.size)[:, None]
    origin = in_frame(frame, poses.centre[:, None])[:, 0]
    return np.concatenate([rotation_targets(points, poses.rotation), size, origin], 1)


def pose_constants(student: PoseNetwork, model: FaceModel) -> dict[str, np.ndarray]:
    """What the runtime needs, with the standardisation of the inputs folded into weights of half precision."""
    network, mean = student.network, student.mean
    hidden = (network["hidden"] / student.spread[:, None]).astype(np.float16)
    skip = (network["skip"] / student.spread[:, None]).astype(np.float16)
    right, left = (model.mean[list(TOPOLOGY_49.groups[name])].mean(0) for name in ("right_eye", "left_eye"))
    return {
        "pose_hidden": hidden,
        "pose_hidden_bias": (network["hidden_bias"] - mean @ hidden.astype(np.float64)).astype(np.float32),
        "pose_skip": skip,
        "pose_out": network["out"].astype(np.float16),
        "pose_out_bias": (network["out_bias"] - mean @ skip.astype(np.float64)).astype(np.float32),
        "pose_pupils": np.array(np.linalg.norm(left - right), np.float32),
        "pose_between_eyes": ((left + right) / 2).astype(np.float32),
    }
