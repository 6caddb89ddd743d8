"""Training and scoring of points on whole images: batches, trainer, errors, and the mean face as the least to beat."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import keras
import numpy as np
from keras import ops

from smile_edge.errors import UsageError
from smile_edge.geometry import apply_affine
from train.augment import random_light, similarity_about
from train.datasets.kaggle import IMAGE_PX, KeypointSet
from train.loader import Batch
from train.losses import POINT_LOSSES

__all__ = [
    "PointBatches",
    "PointTrainer",
    "disturbed",
    "mean_face",
    "parse_augmentation",
    "predict_points",
    "score_points",
    "subset",
]

MAX_TURN = np.radians(20)
MAX_SHIFT_PX = 8.0
DISTURBANCES = ("rotation", "shift", "light")

_MIDDLE = np.full(2, (IMAGE_PX - 1) / 2, np.float32)


def parse_augmentation(text: str) -> frozenset[str]:
    """`rotation+shift` to its parts; `none` to the empty set.

    Raises:
        UsageError: a part is unknown.
    """
    parts = frozenset() if text == "none" else frozenset(text.split("+"))
    unknown = sorted(parts.difference(DISTURBANCES))
    if unknown:
        raise UsageError(f"--augment {text}: {unknown[0]!r} is none of {', '.join(DISTURBANCES)}; or say none")
    return parts


def subset(data: KeypointSet, chosen: np.ndarray) -> KeypointSet:
    """The images that a mask or a list of indices names."""
    indices = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    groups = tuple(data.groups[i] for i in indices)
    return KeypointSet(
        np.asarray(data.images[indices]), data.points[indices], data.weights[indices], data.names, groups
    )


def _disturb(
    image: np.ndarray, points: np.ndarray, weights: np.ndarray, parts: frozenset[str], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One image turned and shifted; a point that leaves it loses its weight."""
    if parts & {"rotation", "shift"}:
        turn = rng.uniform(-MAX_TURN, MAX_TURN) if "rotation" in parts else 0.0
        shift = rng.uniform(-MAX_SHIFT_PX, MAX_SHIFT_PX, 2) if "shift" in parts else np.zeros(2)
        matrix = similarity_about(_MIDDLE, _MIDDLE + shift, 1.0, turn)
        image = cv2.warpAffine(image, matrix, (IMAGE_PX, IMAGE_PX), borderMode=cv2.BORDER_REPLICATE)
        points = apply_affine(matrix, points)
        inside = np.all((points >= -0.5) & (points <= IMAGE_PX - 0.5), axis=-1)
        weights = weights * inside
        points = np.where(inside[:, None], points, 0)
    if "light" in parts:
        image = cv2.cvtColor(random_light(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), rng), cv2.COLOR_BGR2GRAY)
    return image, points, weights


def disturbed(data: KeypointSet, seed: int = 7) -> KeypointSet:
    """Every image turned and shifted once: shows what a network makes of a face that is not where it usually is."""
    rng, parts = np.random.default_rng(seed), frozenset(("rotation", "shift"))
    rows = [_disturb(*row, parts, rng) for row in zip(data.images, data.points, data.weights, strict=True)]
    images, points, weights = (np.stack(column) for column in zip(*rows, strict=True))
    return KeypointSet(images, points, weights, data.names, data.groups)


@dataclass(frozen=True, slots=True)
class PointBatches:
    """Draws augmented batches."""

    data: KeypointSet
    augmentation: frozenset[str]
    batch: int = 32

    def __call__(self, rng: np.random.Generator) -> Batch:
        """One batch: images `(b, 96, 96, 1)` uint8; `points (b, k, 2)` px and `weights (b, k)`."""
        data = self.data
        rows = [
            _disturb(data.images[i], data.points[i], data.weights[i], self.augmentation, rng)
            for i in rng.integers(len(data.images), size=self.batch)
        ]
        images, points, weights = (np.stack(column) for column in zip(*rows, strict=True))
        return images[..., None], {"points": points.astype(np.float32), "weights": weights.astype(np.float32)}


class PointTrainer(keras.Model):
    """A network of points with a loss of `POINT_LOSSES`.

    A likelihood needs a sigma, which these networks do not give: one sigma a point is then learned beside the weights.
    """

    def __init__(self, network: keras.Model, loss: str) -> None:
        super().__init__()
        self.network, self.point_loss = network, POINT_LOSSES[loss]
        self.log_sigma = self.add_weight(
            shape=(network.output_shape[1],),
            initializer="ones",
            trainable=self.point_loss.learns_sigma,
            name="log_sigma",
        )

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        sigma = ops.exp(ops.clip(self.log_sigma, -4.0, 5.0)) * ops.ones_like(y["weights"])
        per_image = self.point_loss.compute(y_pred, sigma, y["points"], y["weights"])
        labelled = ops.cast(ops.any(y["weights"] > 0, -1), "float32")
        return ops.sum(per_image) / ops.maximum(ops.sum(labelled), 1.0)


def predict_points(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """A function from images `(n, 96, 96)` uint8 to points `(n, k, 2)` px, in batches of at most 64."""

    def predict(images: np.ndarray) -> np.ndarray:
        parts = [network.predict_on_batch(images[i : i + 64, ..., None]) for i in range(0, len(images), 64)]
        return np.concatenate(parts)

    return predict


def mean_face(data: KeypointSet) -> np.ndarray:
    """`(k, 2)` px: the mean place of each point, the middle of the image for one that is never labelled."""
    total = data.weights.sum(0)[:, None]
    mean = (data.points * data.weights[..., None]).sum(0) / np.maximum(total, 1)
    return np.where(total > 0, mean, _MIDDLE).astype(np.float32)


def score_points(predicted: np.ndarray, data: KeypointSet) -> dict[str, float]:
    """Errors over the labelled points.

    Args:
        predicted: `(n, k, 2)` px.
        data: the truth.

    Returns:
        `error`: root of the mean square error of a coordinate, px (the measure of Kaggle's competition);
        `interocular_percent`: mean over faces of the mean distance over the distance between the eye centres, in %,
        NaN where no face has both eyes.
    """
    labelled = data.weights > 0
    rmse = np.sqrt(np.mean((predicted - data.points)[labelled] ** 2))
    eyes = [data.names.index("left_eye_center"), data.names.index("right_eye_center")]
    between = np.linalg.norm(data.points[:, eyes[0]] - data.points[:, eyes[1]], axis=-1)
    usable = labelled[:, eyes].all(1) & (between > 0)
    distance = np.linalg.norm(predicted - data.points, axis=-1) * data.weights
    relative = (distance.sum(1) / np.maximum(data.weights.sum(1), 1))[usable] / between[usable]
    percent = float(100 * relative.mean()) if usable.any() else float("nan")
    return {"error": float(rmse), "interocular_percent": percent}
