"""Readouts of people's 68 points from the points of predictors: ridge regression in the faces' own frames.

Each predictor places its points by a convention of its own. A linear map of all of them, in a frame that goes with the
face, gives the points where people would place them. Each face is fitted as it is and in a mirror, so that the map is
mirror-symmetric.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from smile_edge.topology import TOPOLOGY_70
from train.data.own_frame import OwnFrame, five_frame, in_frame, out_of_frame

__all__ = ["FLIP_68", "FOLDS", "Opinion", "Opinions", "PointReadout", "fit_point_readout", "join_opinions"]

FLIP_68 = np.array(TOPOLOGY_70.flip[:68])
"""The point that each of the 68 becomes in a mirror."""
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Lambdas to choose from, for inputs of unit variance."""
FOLDS = 5
_LEAST_STD = 1e-4
"""Face sizes: an input that varies less is not scaled up."""
_SEED = 3
_MIRROR = (-1, 1)
_OUTER_EYE_CORNERS = TOPOLOGY_70.groups["right_eye"][0], TOPOLOGY_70.groups["left_eye"][3]


class Opinion(NamedTuple):
    """The points of one predictor for `n` faces."""

    points: np.ndarray
    """`(n, k, 2)` px."""
    five: np.ndarray
    """`(n, 5, 2)` px: the five points that they give."""
    flip: np.ndarray
    """`(k,)`: the point that each becomes in a mirror."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """The points of one or several predictors for `n` faces, in frames that they share."""

    points: np.ndarray
    """`(n, d, 2)` face sizes."""
    frame: OwnFrame
    flip: np.ndarray
    """`(d,)`: the point that each becomes in a mirror."""

    def __len__(self) -> int:
        return len(self.points)

    def rows(self, chosen: np.ndarray) -> "Opinions":
        """Some of the faces."""
        return Opinions(self.points[chosen], OwnFrame(*(part[chosen] for part in self.frame)), self.flip)


def join_opinions(opinions: Sequence[Opinion]) -> Opinions:
    """The points of all predictors, in the frame of the mean of their five points."""
    frame = five_frame(np.mean([np.asarray(opinion.five, np.float64) for opinion in opinions], 0))
    starts = np.cumsum([0, *(len(opinion.flip) for opinion in opinions[:-1])])
    flip = np.concatenate([opinion.flip + start for opinion, start in zip(opinions, starts, strict=True)])
    return Opinions(np.concatenate([in_frame(frame, opinion.points) for opinion in opinions], 1), frame, flip)


@dataclass(frozen=True, slots=True, eq=False)
class PointReadout:
    """A linear map from the points of predictors to people's 68."""

    mean: np.ndarray
    """`(2 d,)` face sizes."""
    std: np.ndarray
    """`(2 d,)` face sizes."""
    weights: np.ndarray
    """`(2 d, 136)`."""
    bias: np.ndarray
    """`(136,)` face sizes."""
    penalty: float
    """The lambda that was chosen."""

    def __call__(self, opinions: Opinions) -> np.ndarray:
        """People's points `(n, 68, 2)` px of faces that the same predictors saw."""
        inputs = (opinions.points.reshape(len(opinions), -1) - self.mean) / self.std
        return out_of_frame(opinions.frame, (inputs @ self.weights + self.bias).reshape(len(inputs), -1, 2))


def fit_point_readout(opinions: Opinions, human: np.ndarray, groups: Sequence[str]) -> PointReadout:
    """The readout whose lambda errs least on folds of groups that it was not fitted to, fitted to all faces.

    Args:
        opinions: of `n` faces of `FOLDS` groups or more.
        human: `(n, 68, 2)` px: people's points.
        groups: `n` identities or files.
    """
    fold, errors = _folds(groups), np.zeros(len(PENALTIES))
    for number in range(FOLDS):
        fitted, other = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        ridge, rest = _Ridge(opinions.rows(fitted), human[fitted]), opinions.rows(other)
        errors += [_errors(ridge.readout(penalty)(rest), human[other]).sum() for penalty in PENALTIES]
    return _Ridge(opinions, human).readout(PENALTIES[int(errors.argmin())])


class _Ridge:
    """Gathers once, so that each lambda costs one solution."""

    def __init__(self, opinions: Opinions, human: np.ndarray) -> None:
        wanted = in_frame(opinions.frame, human)
        x = np.concatenate([opinions.points, (opinions.points * _MIRROR)[:, opinions.flip]]).reshape(2 * len(human), -1)
        y = np.concatenate([wanted, (wanted * _MIRROR)[:, FLIP_68]]).reshape(2 * len(human), -1)
        self._mean, self._std, self._bias = x.mean(0), np.maximum(x.std(0), _LEAST_STD), y.mean(0)
        self._x, self._y = (x - self._mean) / self._std, y - self._bias
        self._by_input = len(x) >= x.shape[1]  # whichever of both forms has the smaller matrix
        self._gram = self._x.T @ self._x if self._by_input else self._x @ self._x.T

    def readout(self, penalty: float) -> PointReadout:
        damped = self._gram + penalty * np.eye(len(self._gram))
        if self._by_input:
            weights = np.linalg.solve(damped, self._x.T @ self._y)
        else:
            weights = self._x.T @ np.linalg.solve(damped, self._y)
        return PointReadout(self._mean, self._std, weights, self._bias, penalty)


def _folds(groups: Sequence[str]) -> np.ndarray:
    """`(n,)`: a fold for each face, the same for all of a group."""
    index = np.unique(np.asarray(groups), return_inverse=True)[1]
    return np.random.default_rng(_SEED).permutation(index.max() + 1)[index] % FOLDS


def _errors(points: np.ndarray, human: np.ndarray) -> np.ndarray:
    """`(n,)`: mean distance of the points over that of the outer eye corners."""
    right, left = _OUTER_EYE_CORNERS
    eyes = np.linalg.norm(human[:, right] - human[:, left], axis=-1)
    return np.asarray(np.linalg.norm(points - human, axis=-1).mean(1) / eyes)
