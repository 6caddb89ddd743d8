"""A 3-D face with modes fitted to the points of a face, as a weak-perspective camera shows it.

Point i of a face lies at s P (m_i + sum_k z_k v_ki) + t: P holds the first two rows of the head's rotation, m is the
mean face, v the modes, z their codes, normally distributed with unit variance (Torresani et al., "Nonrigid
Structure-from-Motion: Estimating Shape and Motion with Hierarchical Priors", 2008). What is found is the most probable
rotation, scale s, shift t and codes: Gauss-Newton steps over rotation, log s and z, the shift in closed form in each.
"""

from dataclasses import dataclass

import numpy as np

from train.measures.pose.rotations import exponential
from train.measures.table import Table

__all__ = ["FaceModel", "Fit", "Normalised", "fit_faces", "normalised", "point_weights"]

_CHUNK = 2000
"""Faces that are fitted at once, to bound memory."""
_MOST_TURN, _MOST_LOG_SCALE = 0.5, 0.3
"""Longest step of a rotation, rad, and of the logarithm of the scale."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceModel:
    """A 3-D face: x to the image's right when it looks ahead, y up, z to the camera; root mean square radius 1."""

    mean: np.ndarray
    """`(49, 3)`."""
    modes: np.ndarray
    """`(k, 49, 3)`: displacements of one standard deviation."""
    noise: np.ndarray
    """`(49,)` radii: standard deviation of a point beyond what the landmarker's sigma says."""

    def turned(self, rotation: np.ndarray) -> "FaceModel":
        """The same face in a frame of its own whose axes are the columns of `rotation` `(3, 3)`."""
        return FaceModel(self.mean @ rotation, self.modes @ rotation, self.noise)


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """Faces centred, y up, with a root mean square radius of 1."""

    points: np.ndarray
    """`(n, 49, 2)`."""
    centre: np.ndarray
    """`(n, 2)` px, y down."""
    radius: np.ndarray
    """`(n,)` px."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Table):
    """What was fitted to `n` faces."""

    rotation: np.ndarray
    """`(n, 3, 3)`."""
    scale: np.ndarray
    """`(n,)`: units of the points in one of the face model."""
    shift: np.ndarray
    """`(n, 2)`."""
    codes: np.ndarray
    """`(n, k)`."""
    residual: np.ndarray
    """`(n, 49, 2)`."""
    weights: np.ndarray
    """`(n, 49)`: those given, less where a point is an outlier."""
    covariance: np.ndarray
    """`(n, k, k)` of the codes, the pose held."""


def normalised(points: np.ndarray) -> Normalised:
    """Faces `(n, 49, 2)` px, y down, brought to one size and place."""
    places = np.asarray(points, np.float64)
    centre = places.mean(1)
    offset = (places - centre[:, None]) * np.array([1, -1])
    radius = np.maximum(np.sqrt((offset**2).sum(2).mean(1)), 1e-9)
    return Normalised(offset / radius[:, None, None], centre, radius)


def point_weights(sigma: np.ndarray, model: FaceModel) -> np.ndarray:
    """Inverse variances `(n, 49)` of points with errors `sigma` `(n, 49)` radii."""
    return 1 / (sigma**2 + model.noise**2)


def fit_faces(
    points: np.ndarray,
    weights: np.ndarray,
    model: FaceModel,
    *,
    steps: int = 8,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    outlier: float | None = None,
    damping: float = 1e-6,
) -> Fit:
    """Fits a face model to normalised points.

    Args:
        points: `(n, 49, 2)`, y up.
        weights: `(n, 49)` inverse variances.
        model: the face.
        steps: Gauss-Newton steps.
        start: rotations `(n, 3, 3)` and scales `(n,)`; None for the affine fit of the mean face.
        outlier: standard deviations from which a point counts less (Huber, 1964); None for never.
        damping: share of the pose's curvature that is added to it (Levenberg, 1944).
    """
    parts = []
    for first in range(0, len(points), _CHUNK):
        rows = slice(first, first + _CHUNK)
        pose = _affine_start(points[rows], weights[rows], model.mean) if start is None else [v[rows] for v in start]
        parts.append(_fit(points[rows], weights[rows], model, steps, pose[0], pose[1], outlier, damping))
    return Fit.concatenate(parts)


def _affine_start(points: np.ndarray, weights: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The affine camera that fits the mean face best, then the nearest scaled rotation."""
    total = weights.sum(1)[:, None, None]
    face = mean - np.einsum("ni,ij->nj", weights, mean)[:, None] / total
    seen = points - np.einsum("ni,nij->nj", weights, points)[:, None] / total
    across = np.einsum("ni,nij,nik->njk", weights, seen, face)
    spread = np.einsum("ni,nij,nik->njk", weights, face, face)
    camera = np.linalg.solve(spread, across.transpose(0, 2, 1)).transpose(0, 2, 1)  # (n, 2, 3)
    left, sizes, right = np.linalg.svd(camera, full_matrices=False)
    rows = left @ right
    return np.concatenate([rows, np.cross(rows[:, 0], rows[:, 1])[:, None]], 1), sizes.mean(1)


def _fit(
    points: np.ndarray,
    weights: np.ndarray,
    model: FaceModel,
    steps: int,
    rotation: np.ndarray,
    scale: np.ndarray,
    outlier: float | None,
    damping: float,
) -> Fit:
    count, modes = len(points), len(model.modes)
    given, codes = weights, np.zeros((count, modes))
    curvature = np.zeros((count, 4 + modes, 4 + modes))
    for step in range(steps):
        turned = np.einsum("nab,nib->nia", rotation, _shapes(model, codes))  # (n, 49, 3)
        shift, residual = _residual(points, weights, scale, turned)
        if outlier is not None and step:
            far = np.sqrt((residual**2).sum(2) * given)
            weights = given * np.minimum(1, outlier / np.maximum(far, 1e-9))
            shift, residual = _residual(points, weights, scale, turned)
        slopes = _slopes(weights, scale, turned, rotation, model.modes)
        weighted = (slopes * weights[..., None, None]).reshape(count, -1, 4 + modes)
        curvature = weighted.transpose(0, 2, 1) @ slopes.reshape(count, -1, 4 + modes)
        gradient = np.einsum("nmq,nm->nq", weighted, residual.reshape(count, -1))
        curvature[:, range(4, 4 + modes), range(4, 4 + modes)] += 1  # the codes' prior
        gradient[:, 4:] -= codes
        curvature[:, range(4), range(4)] *= 1 + damping
        change = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        length = np.linalg.norm(change[:, :3], axis=1)
        turn = change[:, :3] * np.minimum(1, _MOST_TURN / np.maximum(length, 1e-9))[:, None]
        rotation = exponential(turn) @ rotation
        scale = scale * np.exp(np.clip(change[:, 3], -_MOST_LOG_SCALE, _MOST_LOG_SCALE))
        codes = codes + change[:, 4:]
    turned = np.einsum("nab,nib->nia", rotation, _shapes(model, codes))
    shift, residual = _residual(points, weights, scale, turned)
    return Fit(rotation, scale, shift, codes, residual, weights, np.linalg.inv(curvature[:, 4:, 4:]))


def _shapes(model: FaceModel, codes: np.ndarray) -> np.ndarray:
    """The faces `(n, 49, 3)` of codes `(n, k)`."""
    return np.asarray(model.mean + np.einsum("nk,kij->nij", codes, model.modes))


def _residual(
    points: np.ndarray, weights: np.ndarray, scale: np.ndarray, turned: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The best shift `(n, 2)`, and what is left `(n, 49, 2)`, of faces turned already `(n, 49, 3)`."""
    residual = points - scale[:, None, None] * turned[..., :2]
    shift = np.einsum("ni,nij->nj", weights, residual) / weights.sum(1)[:, None]
    return shift, residual - shift[:, None]


def _slopes(
    weights: np.ndarray, scale: np.ndarray, turned: np.ndarray, rotation: np.ndarray, modes: np.ndarray
) -> np.ndarray:
    """Derivatives `(n, 49, 2, 4 + k)` of the points by turns about the axes, log scale and codes; the shift follows.

    A turn w from the left moves a point p by w x p.
    """
    size = scale[:, None]
    x, y, z = size * turned[..., 0], size * turned[..., 1], size * turned[..., 2]
    slopes = np.zeros((*turned.shape[:2], 2, 4 + len(modes)))
    slopes[..., 1, 0] = -z
    slopes[..., 0, 1] = z
    slopes[..., 0, 2], slopes[..., 1, 2] = -y, x
    slopes[..., 0, 3], slopes[..., 1, 3] = x, y
    slopes[..., 4:] = np.einsum("n,nab,kib->niak", scale, rotation[:, :2], modes)
    mean = np.einsum("ni,niaq->naq", weights, slopes) / weights.sum(1)[:, None, None]
    return np.asarray(slopes - mean[:, None])
