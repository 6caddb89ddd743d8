"""What the pose network is taught: the 3-D face's fit, corrected by networks that learnt heads turned by known angles.

The fit alone errs as the landmarker does, which draws faces as less raised and lowered than they are; networks learn
that from heads whose turn is known and from points that people placed. The mean of both rotations errs least
(`train/EXPERIMENTS.md`).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from train.measures.pose.pose_network import PoseNetwork, rotation_targets, train_pose_network
from train.measures.pose.rotations import about_x, angle_between, mean_rotation, nearest_rotation, yaw_pitch_roll
from train.measures.pose.weak_perspective import FaceModel, fit_faces, normalised, point_weights
from train.measures.table import Table

__all__ = ["HeadFit", "PoseTeacher", "PoseTruth", "fit_heads", "held_out_errors", "train_teacher"]

NETWORKS = 3
"""Networks whose mean is taken."""
_TRAINING: dict[str, Any] = {"units": 40, "epochs": 30, "decay": 3e-4, "huber": 0.3, "noise": 0.05}
_FIT_STEPS = 6
_AHEAD_DEG = 20.0
"""Yaw up to which a face counts for the level of pitch."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadFit:
    """Poses of `n` heads in an image."""

    rotation: np.ndarray
    """`(n, 3, 3)`."""
    unit_px: np.ndarray
    """`(n,)` px of one unit of the face model."""
    centre: np.ndarray
    """`(n, 2)` px, y down, of its origin."""


@dataclass(frozen=True, slots=True, eq=False)
class PoseTruth(Table):
    """Faces whose pose is known better than from the landmarker's points."""

    points: np.ndarray
    """`(n, 49, 2)` px, the landmarker's."""
    sigma: np.ndarray
    """`(n, 49)` px."""
    rotation: np.ndarray
    """`(n, 3, 3)`."""
    weights: np.ndarray
    """`(n,)`."""
    groups: np.ndarray
    """`(n,)` text: whose face it is."""
    kinds: np.ndarray
    """`(n,)` text: the pack, or `turned heads`."""


@dataclass(frozen=True, slots=True, eq=False)
class PoseTeacher:
    """The mean rotation of a fit and of networks."""

    model: FaceModel
    networks: tuple[PoseNetwork, ...]
    level: np.ndarray
    """`(3, 3)`: brings the networks' zero of pitch to that of the fit."""

    def by_networks(self, points: np.ndarray) -> np.ndarray:
        """Rotations `(n, 3, 3)` of faces `(n, 49, 2)` px as the networks see them."""
        return _by_networks(self.networks, points) @ self.level

    def poses(self, points: np.ndarray, sigma: np.ndarray) -> HeadFit:
        """Poses of faces `(n, 49, 2)` px with errors `sigma` `(n, 49)` px."""
        fit = fit_heads(points, sigma, self.model)
        return replace(fit, rotation=mean_rotation(fit.rotation, self.by_networks(points)))


def fit_heads(points: np.ndarray, sigma: np.ndarray, model: FaceModel) -> HeadFit:
    """The model's poses alone; see `PoseTeacher.poses`."""
    seen = normalised(points)
    fit = fit_faces(seen.points, point_weights(sigma / seen.radius[:, None], model), model, steps=_FIT_STEPS)
    centre = fit.shift * [1, -1] * seen.radius[:, None] + seen.centre
    return HeadFit(fit.rotation, fit.scale * seen.radius, centre)


def train_teacher(
    model: FaceModel, truth: PoseTruth, ahead: tuple[np.ndarray, np.ndarray], networks: int = NETWORKS, seed: int = 0
) -> PoseTeacher:
    """Trains the networks.

    Args:
        model: the 3-D face.
        truth: what they learn.
        ahead: points `(n, 49, 2)` px and sigma `(n, 49)` px of portraits, on which both shall agree on the mean pitch.
        networks: how many.
        seed: of the first one.
    """
    targets = rotation_targets(truth.points, truth.rotation)
    trained = tuple(
        train_pose_network(truth.points, targets, truth.weights, **_TRAINING, seed=seed + index)
        for index in range(networks)
    )
    fitted = yaw_pitch_roll(fit_heads(*ahead, model).rotation)
    said = yaw_pitch_roll(_by_networks(trained, ahead[0]))
    higher = np.median((said - fitted)[np.abs(fitted[:, 0]) < _AHEAD_DEG, 1])
    return PoseTeacher(model, trained, about_x(np.radians(higher))[0])


def held_out_errors(
    model: FaceModel, truth: PoseTruth, ahead: tuple[np.ndarray, np.ndarray], held: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Mean error in degrees of fit, network and their mean on faces that the network did not learn, by kind of face."""
    teacher = train_teacher(model, truth.rows(~held), ahead, 1, seed)
    seen = truth.rows(held)
    fit = fit_heads(seen.points, seen.sigma, model).rotation
    said = teacher.by_networks(seen.points)
    errors = {
        name: angle_between(rotation, seen.rotation)
        for name, rotation in (("fit", fit), ("network", said), ("teacher", mean_rotation(fit, said)))
    }
    return {
        str(kind): {name: float(error[seen.kinds == kind].mean()) for name, error in errors.items()}
        for kind in np.unique(seen.kinds)
    }


def _by_networks(networks: tuple[PoseNetwork, ...], points: np.ndarray) -> np.ndarray:
    return nearest_rotation(np.sum([network.symmetric_rotations(points) for network in networks], 0))
