"""Learns a 3-D face with modes from the points of many faces: non-rigid structure from motion.

Expectation maximisation of a linear shape model (Torresani et al., 2008): the E-step fits pose and codes to each face
(`weak_perspective`), the M-step solves for the mean face and the modes. Mirror symmetry: each face counts with its
mirror image, in which symmetric modes keep their code and antisymmetric ones change its sign.
"""

import numpy as np

from train.data.own_frame import FLIP
from train.measures.pose.rotations import MIRROR, about_x
from train.measures.pose.weak_perspective import FaceModel, Fit, fit_faces, point_weights

__all__ = ["learn_face", "symmetric"]

SYMMETRIC_MODES, ANTISYMMETRIC_MODES = 10, 4
"""Chosen on the scores of pose that they lead to (`train/EXPERIMENTS.md`)."""
STEPS = 15
"""Of EM: later ones change the residual by less than 1 %, though the depth goes on growing slowly."""
_FIRST_STEPS, _FIRST_FIT_STEPS, _FIT_STEPS = 3, 6, 3
"""EM steps whose fits take longer, since poses are still unknown; Gauss-Newton steps of theirs and of the others."""
_RIDGE = 50.0
"""Precision of a zero-mean prior on the modes."""
_FIRST_NOISE, _LEAST_NOISE, _FIRST_MODES = 0.03, 0.006, 0.02
"""Noise at the start and at least, and the spread of the random first modes, radii."""
_OUTLIER = 3.0
_RAYLEIGH_MEDIAN = 1.386
"""Median of the squared length of a 2-D normal error, in variances of one axis: 2 ln 2."""


def learn_face(
    points: np.ndarray,
    sigma: np.ndarray,
    start: np.ndarray,
    modes: tuple[int, int] = (SYMMETRIC_MODES, ANTISYMMETRIC_MODES),
    steps: int = STEPS,
    seed: int = 0,
) -> FaceModel:
    """The face, turned so that a pitch of zero is the normal of the plane that fits it best.

    Args:
        points: `(n, 49, 2)` normalised faces, y up.
        sigma: `(n, 49)` radii, the errors that the landmarker expects.
        start: `(49, 3)`, a face with about the right depth, of which so few steps keep something.
        modes: how many are symmetric, and how many antisymmetric.
        steps: of EM.
        seed: of the first modes.
    """
    model = _start(start, modes, np.random.default_rng(seed))
    pose: tuple[np.ndarray, np.ndarray] | None = None
    for step in range(steps):
        weights = point_weights(sigma, model)
        inner = _FIRST_FIT_STEPS if step < _FIRST_STEPS else _FIT_STEPS
        fit = fit_faces(points, weights, model, steps=inner, start=pose, outlier=_OUTLIER, damping=1e-3)
        mean, found = _maximised(points, fit, modes)
        size = np.sqrt(((mean - mean.mean(0)) ** 2).sum(1).mean())
        second_moment = fit.codes.T @ fit.codes / len(points) + fit.covariance.mean(0)
        model = _canonical(mean, found, second_moment, modes, _noise(fit.residual, sigma))
        pose = (fit.rotation, fit.scale * size)
    return model.turned(about_x(-_plane_pitch(model.mean))[0])


def symmetric(shapes: np.ndarray, sign: int = 1) -> np.ndarray:
    """The symmetric part of shapes `(..., 49, 3)`; the antisymmetric one for a sign of -1."""
    return np.asarray((shapes + sign * shapes[..., FLIP, :] * MIRROR) / 2)


def _start(start: np.ndarray, modes: tuple[int, int], rng: np.random.Generator) -> FaceModel:
    mean = symmetric(start)
    mean = mean - mean.mean(0)
    mean = mean / np.sqrt((mean**2).sum(1).mean())
    random = _FIRST_MODES * rng.normal(size=(sum(modes), len(FLIP), 3))
    first = np.concatenate([symmetric(random[: modes[0]]), symmetric(random[modes[0] :], -1)])
    return FaceModel(mean, first, np.full(len(FLIP), _FIRST_NOISE))


def _maximised(points: np.ndarray, fit: Fit, modes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The M-step: mean face `(49, 3)` and modes `(k, 49, 3)` of the least expected squared error.

    For each point a linear system in its place in the mean and in all modes, `(3, 1 + k)` unknowns.
    """
    count, size = len(points), 1 + sum(modes)
    codes = np.concatenate([np.ones((count, 1)), fit.codes], 1)  # the mean is a mode whose code is one
    moments = np.einsum("na,nb->nab", codes, codes)
    moments[:, 1:, 1:] += fit.covariance
    cameras = fit.scale[:, None, None] * fit.rotation[:, :2]  # (n, 2, 3)
    squares = np.einsum("nai,naj->nij", cameras, cameras).reshape(count, 9)
    left = (fit.weights.T[:, None] * squares.T[None]).reshape(-1, count) @ moments.reshape(count, -1)
    left = left.reshape(len(FLIP), 3, 3, size, size)
    seen = (points - fit.shift[:, None]) * fit.weights[..., None]
    right = np.einsum("nia,nax,nk->ixk", seen, cameras, codes, optimize=True)  # (49, 3, 1 + k)
    # The mirrored face: point FLIP[i] stands where i is, the rotation is mirrored, antisymmetric codes change sign.
    signs = np.concatenate([np.ones(1 + modes[0]), -np.ones(modes[1])])
    mirror, sign = MIRROR[:, None] * MIRROR, signs[:, None] * signs
    left = left + left[FLIP] * mirror[:, :, None, None] * sign
    right = right + right[FLIP] * MIRROR[:, None] * signs
    system = left.transpose(0, 1, 3, 2, 4).reshape(len(FLIP), 3 * size, 3 * size)
    system = system + _RIDGE * np.diag(np.tile(np.arange(size) > 0, 3).astype(float))
    solved = np.linalg.solve(system, right.reshape(len(FLIP), -1, 1)).reshape(len(FLIP), 3, size)
    return solved[..., 0], solved[..., 1:].transpose(2, 0, 1)


def _canonical(
    mean: np.ndarray, modes: np.ndarray, second_moment: np.ndarray, counts: tuple[int, int], noise: np.ndarray
) -> FaceModel:
    """The same faces with a mean centred and of unit size, and modes that are principal axes of unit variance.

    What a mode shares with a turn or a growth of the mean face is taken out of it: that is pose.
    """
    mean = mean - mean.mean(0)
    size = np.sqrt((mean**2).sum(1).mean())
    mean, modes = mean / size, (modes - modes.mean(1, keepdims=True)) / size
    motions = [mean, *(np.cross(axis, mean) for axis in np.eye(3))]
    basis = np.linalg.qr(np.stack([motion.ravel() for motion in motions], 1))[0]
    flat = modes.reshape(len(modes), -1)
    flat = flat - (flat @ basis) @ basis.T
    axes = np.empty_like(flat)
    for rows in (slice(0, counts[0]), slice(counts[0], sum(counts))):
        root = np.linalg.cholesky(second_moment[rows, rows])
        _, sizes, directions = np.linalg.svd(root.T @ flat[rows], full_matrices=False)
        axes[rows] = sizes[:, None] * directions
    return FaceModel(mean, axes.reshape(modes.shape), noise)


def _noise(residual: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The spread `(49,)` of what is left beyond sigma, from medians over the faces, the same on both sides."""
    left = np.median((residual**2).sum(2), 0) / _RAYLEIGH_MEDIAN
    expected = np.median(sigma**2, 0)
    excess = (left + left[FLIP] - expected - expected[FLIP]) / 2
    return np.asarray(np.sqrt(np.clip(excess, _LEAST_NOISE**2, None)))


def _plane_pitch(face: np.ndarray) -> np.ndarray:
    """Pitch in rad, up positive, of the normal of the plane nearest a face's points `(49, 3)`."""
    centred = face - face.mean(0)
    normal = np.linalg.eigh(centred.T @ centred)[1][:, 0]
    normal = normal * np.sign(normal[2])
    return np.arctan2(normal[1], normal[2])
