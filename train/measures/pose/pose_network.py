"""A network from the points of a face in its own frame to its pose, and how rotations are written as targets.

Targets of a face: where its nose points and where its left side is, the first three and the next three numbers, both
as they are once the image is turned so that the face's own frame is upright. Further columns may follow: log scale,
shift along x and y. What a network knows of one side it must know of the other, so every face is learnt with its
mirror image.
"""

from dataclasses import dataclass

import numpy as np

from train.data.own_frame import FLIP, inputs, mirrored, own_frame
from train.measures.pose.network import Network, apply_network, train_network
from train.measures.pose.rotations import about_z, mirror_rotation, nearest_rotation

__all__ = ["PoseNetwork", "mirror_targets", "rotation_targets", "train_pose_network", "upright_rotations"]

_MIRROR_SIGNS = np.array([-1.0, 1, 1, 1, -1, -1, 1, -1, 1])
"""What a mirror does to each target. The left side of the mirror image is the right one of the face: minus, minus."""


@dataclass(frozen=True, slots=True, eq=False)
class PoseNetwork:
    """A network and what its inputs are standardised by."""

    network: Network
    mean: np.ndarray
    """`(98,)` of the inputs."""
    spread: np.ndarray
    """`(98,)`, the same on both sides."""

    def outputs(self, points: np.ndarray) -> np.ndarray:
        """Targets `(n, 6)` or more of faces `(n, 49, 2)` px."""
        return apply_network(self.network, (inputs(points) - self.mean) / self.spread)

    def rotations(self, points: np.ndarray) -> np.ndarray:
        """`(n, 3, 3)` of faces `(n, 49, 2)` px."""
        return about_z(-own_frame(points).angle) @ upright_rotations(self.outputs(points))

    def symmetric_rotations(self, points: np.ndarray) -> np.ndarray:
        """The same, each averaged with what the network says of the mirror image."""
        other = mirror_rotation(self.rotations(mirrored(points)))
        return nearest_rotation((self.rotations(points) + other) / 2)


def rotation_targets(points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Targets `(n, 6)` of faces `(n, 49, 2)` px whose heads are turned by `(n, 3, 3)`."""
    upright = about_z(own_frame(points).angle) @ rotation  # y up: the image's turn is negative
    return np.concatenate([upright[:, :, 2], upright[:, :, 0]], 1)


def upright_rotations(targets: np.ndarray) -> np.ndarray:
    """Rotations `(n, 3, 3)` of upright faces from targets `(n, 6)` or more, made orthogonal from the nose on."""
    nose = _unit(targets[:, :3])
    side = targets[:, 3:6]
    side = _unit(side - (side * nose).sum(1, keepdims=True) * nose)
    return np.stack([side, np.cross(nose, side), nose], 2)


def mirror_targets(targets: np.ndarray) -> np.ndarray:
    """Targets `(n, 6 to 9)` of the mirror images."""
    return targets * _MIRROR_SIGNS[: targets.shape[1]]


def train_pose_network(
    points: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    *,
    units: int,
    epochs: int,
    decay: float,
    huber: float,
    noise: float = 0.0,
    seed: int = 0,
) -> PoseNetwork:
    """Fits a network to faces `(n, 49, 2)` px with targets `(n, 6)` or `(n, 9)`; see `network.train_network`."""
    both = np.concatenate([inputs(points), inputs(mirrored(points))])
    flat = both.reshape(-1, len(FLIP), 2)
    mean, spread = flat.mean(0), flat.std(0)
    mean = (mean + mean[FLIP] * [-1, 1]) / 2
    spread = (spread + spread[FLIP]) / 2 + 1e-6
    standardised = (both - mean.ravel()) / spread.ravel()
    network = train_network(
        standardised, np.concatenate([targets, mirror_targets(targets)]), np.concatenate([weights, weights]),
        units=units, epochs=epochs, decay=decay, huber=huber, noise=noise, seed=seed,
    )  # fmt: skip
    return PoseNetwork(network, mean.ravel(), spread.ravel())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
