"""Points on whole images: the trainer of any network, predictions, errors, and the mean face as the least to beat."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from train.compare.batches import IMAGE_MIDDLE
from train.data.formats.kaggle import KeypointSet
from train.losses.points import POINT_LOSSES

__all__ = ["PointTrainer", "mean_face", "predict_points", "score_points"]


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
    return np.where(total > 0, mean, IMAGE_MIDDLE).astype(np.float32)


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
