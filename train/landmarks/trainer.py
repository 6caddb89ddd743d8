"""Training of the landmarker: every label set through its readout, faces and non-faces in one batch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import keras
import numpy as np
from keras import ops

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_frame
from smile_edge.topology import TOPOLOGY_49
from train.augmentation.photometric import degrade, occlude, random_light, similarity_about
from train.augmentation.relighting import retone
from train.data.crop_cache import STORED_PX, STORED_SCALE
from train.data.samples import FLIP, READOUT
from train.engine.prefetch import Batch
from train.errors import DataError
from train.evaluation.metrics import laplace_share_within
from train.losses.box import box_cost, positive
from train.losses.points import binary_cross_entropy, laplace_points_loss
from train.mining.hard_negatives import Mined
from train.networks.landmarker import CROP_PX, CROP_SCALE, SIGMA_LAYER

__all__ = ["FaceBatches", "LandmarkTrainer", "calibrate_sigma", "predict", "validate_landmarks", "validation_crops"]

UNIT_PX = 0.02 * CROP_PX
"""The error that counts as one in the loss: 2 % of the crop."""
FACE_WEIGHT, BOX_WEIGHT, TAUGHT_WEIGHT = 2.0, 1.0, 1.0
INVERTED_SHARE = 0.08
"""How often a face is shown upside down and is none: the detector may take the chin for the forehead."""
TONED_SHARE = 0.35
"""How often what is in the middle of a crop becomes darker or lighter than it is, a face or not."""


class LandmarkTrainer(keras.Model):
    """The landmarker with its loss: likelihood of points and sigma, distance to a teacher's points, face logit's
    cross-entropy, box's IoU."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network
        self.readout = ops.convert_to_tensor(READOUT)
        self.points_metric = keras.metrics.Mean("points_loss")
        self.taught_metric = keras.metrics.Mean("taught_loss")
        self.face_metric = keras.metrics.Mean("face_loss")
        self.box_metric = keras.metrics.Mean("box_loss")

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        points = ops.matmul(self.readout, y_pred["points"])  # (n, 51, 2) px
        sigma = ops.matmul(y_pred["sigma"], ops.transpose(self.readout))  # (n, 51) px
        targets, weights = y["targets"][..., :2], y["targets"][..., 2]
        per_face = laplace_points_loss(points, sigma, targets, weights, UNIT_PX)
        labelled = ops.cast(ops.any(weights > 0, -1), "float32")
        points_loss = ops.sum(per_face * labelled) / ops.maximum(ops.sum(labelled), 1.0)
        taught = y["taught"]
        distance = ops.sum(ops.abs(y_pred["points"] - taught[..., :2]), -1) / UNIT_PX
        taught_loss = ops.sum(distance * taught[..., 2]) / ops.maximum(ops.sum(taught[..., 2]), 1.0)
        known = ops.cast(y["face"] >= 0, "float32")
        face_cost = binary_cross_entropy(y_pred["face"][:, 0], ops.maximum(y["face"], 0.0)) * known
        face_loss = ops.sum(face_cost) / ops.maximum(ops.sum(known), 1.0)
        box, target = y_pred["box"], y["box"]
        size = positive(box[:, 2:])
        cost = box_cost(box[:, :2] + box[:, 2:] / 2, size, target[:, :2] + target[:, 2:] / 2, target[:, 2:])[1]
        box_loss = ops.sum(cost * y["boxed"]) / ops.maximum(ops.sum(y["boxed"]), 1.0)
        self.points_metric.update_state(points_loss)
        self.taught_metric.update_state(taught_loss)
        self.face_metric.update_state(face_loss)
        self.box_metric.update_state(box_loss)
        return points_loss + TAUGHT_WEIGHT * taught_loss + FACE_WEIGHT * face_loss + BOX_WEIGHT * box_loss


@dataclass(frozen=True, slots=True)
class FaceBatches:
    """Draws augmented batches: labelled faces, what the detector took for faces, and backgrounds."""

    crops: np.ndarray
    """`(n, 160, 160, 3)` uint8."""
    targets: np.ndarray
    """`(n, 51, 3)` px of the stored crop, and weights."""
    boxes: np.ndarray
    """`(n, 4)` left, top, width, height px of the stored crop, NaN where unknown."""
    negatives: Sequence[np.ndarray]
    """Images without a face."""
    batch: int = 32
    negative_share: float = 0.12
    mined: Sequence[Mined] = ()
    mined_share: float = 0.5
    taught: np.ndarray | None = None
    """`(n, 49, 3)` px of the stored crop, and weights: what a teacher says (`train.distillation.pseudo_labels`)."""
    mined_taught: Sequence[np.ndarray] = ()
    """The same for each of `mined`; or none at all."""

    def __post_init__(self) -> None:
        if not len(self.crops):
            raise DataError(
                "every labelled face is kept for validation, and all faces of an image stay together: label more images"
            )

    def __call__(self, rng: np.random.Generator) -> Batch:
        """One batch: crops `(b, 96, 96, 3)` uint8; `targets (b, 51, 3)`; `taught (b, 49, 3)`; `face (b,)`, -1 where it
        is left open; `box (b, 4)` px, and `boxed (b,)`, 1 where there is one."""
        images = np.empty((self.batch, CROP_PX, CROP_PX, 3), np.uint8)
        targets = np.zeros((self.batch, 51, 3), np.float32)
        taught = np.zeros((self.batch, 49, 3), np.float32)
        face = np.zeros(self.batch, np.float32)
        box = np.full((self.batch, 4), np.nan, np.float32)
        mined_share = self.mined_share if self.mined else 0.0
        for i in range(self.batch):
            kind = rng.random()
            if self.negatives and mined_share <= kind < mined_share + self.negative_share:
                images[i] = self._negative(rng)
                continue
            if kind < mined_share:
                part, row = _draw(self.mined, rng)
                crop, face[i], stored_box = (x[row] for x in (part.crops, part.labels, part.boxes))
                told = self.mined_taught[self.mined.index(part)][row] if self.mined_taught else None
                label = None
            else:
                row = int(rng.integers(len(self.crops)))
                crop, face[i], stored_box, label = self.crops[row], 1.0, self.boxes[row], self.targets[row]
                told = None if self.taught is None else self.taught[row]
            inverted = face[i] == 1 and rng.random() < INVERTED_SHARE
            images[i], matrix, mirror = self._warped(crop, rng, np.pi if inverted else 0.0)
            if inverted:
                face[i] = 0
                continue
            if label is not None:
                targets[i] = _moved(label, FLIP, matrix, mirror)
            if told is not None:
                taught[i] = _moved(told, FLIP[:49], matrix, mirror)
            box[i] = rotated_box_xywh(stored_box, matrix)[0]
        boxed = np.isfinite(box[:, 0])
        given = np.where(boxed[:, None], box, 1.0)
        labels: dict[str, np.ndarray] = {"targets": targets, "taught": taught, "face": face, "box": given}
        labels["boxed"] = boxed
        return images, {name: value.astype(np.float32, copy=False) for name, value in labels.items()}

    def _warped(
        self, crop: np.ndarray, rng: np.random.Generator, turned: float = 0.0
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """The network's crop out of a stored one, turned by an angle in rad and disturbed; with the matrix `(2, 3)` and
        whether it was mirrored."""
        rough = rng.random() < 0.2
        turn = turned + rng.normal(0, np.radians(25 if rough else 12))
        zoom = STORED_SCALE / CROP_SCALE * CROP_PX / STORED_PX * np.exp(rng.normal(0, 0.18 if rough else 0.1))
        face_size = STORED_PX / STORED_SCALE
        shift = rng.normal(0, (0.18 if rough else 0.07) * face_size, 2)
        mirror = bool(rng.random() < 0.5)
        middle = np.full(2, (STORED_PX - 1) / 2, np.float32)
        matrix = similarity_about(middle + shift, np.full(2, (CROP_PX - 1) / 2), zoom, turn, mirror)
        border = cv2.BORDER_CONSTANT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
        image = cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=border)
        return self._spoil(image, rng), matrix, mirror

    def _negative(self, rng: np.random.Generator) -> np.ndarray:
        picture = self.negatives[int(rng.integers(len(self.negatives)))]
        height, width = picture.shape[:2]
        side = np.exp(rng.uniform(np.log(24), np.log(1.2 * max(height, width))))
        centre = rng.uniform(0, 1, 2) * (width, height)
        matrix = similarity_about(centre, np.full(2, (CROP_PX - 1) / 2), CROP_PX / side, rng.uniform(-np.pi, np.pi))
        return self._spoil(cv2.warpAffine(picture, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR), rng)

    def _spoil(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < 0.25:
            cover = self.negatives[int(rng.integers(len(self.negatives)))] if self.negatives else None
            image = occlude(image, rng, cover)
        if rng.random() < TONED_SHARE:
            size = np.array([0.75, 1.0]) * CROP_PX * rng.uniform(0.5, 1.0)
            retone(image, [np.concatenate([(CROP_PX - size) / 2, size])], rng)
        if rng.random() < 0.8:
            image = random_light(image, rng)
        return degrade(image, rng, smallest_px=14)


def _draw(mined: Sequence[Mined], rng: np.random.Generator) -> tuple[Mined, int]:
    """One detection, as often a face as not: where it is kept, and its row there."""
    wanted = rng.random() < 0.5
    parts = [part for part in mined if wanted in part.chances] or mined
    part = parts[int(rng.integers(len(parts)))]
    return part, part.draw(wanted if wanted in part.chances else not wanted, rng)


def _moved(points: np.ndarray, flip: np.ndarray, matrix: np.ndarray, mirror: bool) -> np.ndarray:
    """Points with weights `(k, 3)` under a similarity `(2, 3)`; those of a mirrored face change their names."""
    points = points[flip] if mirror else points.copy()
    points[:, :2] = apply_affine(matrix, points[:, :2])
    return points


def validate_landmarks(
    network: keras.Model, crops: np.ndarray, targets: np.ndarray, negatives: np.ndarray
) -> dict[str, float]:
    """Scores on crops without augmentation but for one fixed disturbance of the crop.

    Returns:
        `error`: mean over faces of the mean distance of the labelled points, in % of the face size;
        `error_low`: the same with the crop brought down to 24 px; `within_1_sigma`: share of axis errors within one
        sigma minus what a Laplace distribution would have; `face_auc`: share of (face, non-face) pairs ranked right.
    """
    plain = validation_crops(crops, targets)
    labels = plain[1]
    low = np.stack(
        [cv2.resize(cv2.resize(c, (28, 28), interpolation=cv2.INTER_AREA), (CROP_PX, CROP_PX)) for c in plain[0]]
    )
    scores, out = {}, {}
    for name, images in (("error", plain[0]), ("error_low", low)):
        out = predict(network, images)
        points = READOUT @ out["points"]
        distance = np.linalg.norm(points - labels[..., :2], axis=-1)
        weight = labels[..., 2]
        size = face_frame(TOPOLOGY_49.five_points(out["points"]))[1]
        scores[name] = float(100 * np.mean((distance * weight).sum(1) / weight.sum(1) / size))
        if name == "error":
            axis_error = np.abs(points - labels[..., :2])
            within = axis_error < (out["sigma"] @ READOUT.T)[..., None]
            scores["within_1_sigma"] = float(within[weight > 0].mean() - laplace_share_within(1))
            faces = out["face"][:, 0]
    if len(negatives):
        others = np.sort(predict(network, negatives)["face"][:, 0])
        scores["face_auc"] = float(np.mean(np.searchsorted(others, faces)) / len(others))
    return scores


def calibrate_sigma(
    network: keras.Model, crops: np.ndarray, targets: np.ndarray, points: np.ndarray | None = None
) -> float:
    """Scales sigma so that on held-out faces as many axis errors lie within one and within two as Laplace would have.

    One factor can seldom do both: it is the geometric mean of what either asks for. Each face counts the same, however
    many of its points are labelled. Training fits sigma to the training faces, where errors are smaller. The factor
    goes into the bias of the layer before the exponential, so the network itself stays as it is.

    Args:
        network: from `build_landmarker`; changed in place.
        crops: stored crops `(n, 160, 160, 3)` of held-out faces.
        targets: their targets `(n, 51, 3)`.
        points: `(49,)` bool, the points whose sigma is scaled; None for all.

    Returns:
        The factor.
    """
    images, labels = validation_crops(crops, targets)
    out = predict(network, images)
    error = np.abs(READOUT @ out["points"] - labels[..., :2])
    ratio = error / (out["sigma"] @ READOUT.T)[..., None]  # (n, 51, 2)
    labelled = np.broadcast_to(labels[..., 2:] > 0, ratio.shape)
    share = labelled / np.maximum(labelled.sum((1, 2), keepdims=True), 1)
    wanted = [_quantile(ratio[labelled], share[labelled], laplace_share_within(k)) / k for k in (1, 2)]
    factor = math.sqrt(math.prod(wanted))
    layer = network.get_layer(SIGMA_LAYER)
    layer.bias.assign(layer.bias + np.log(factor) * (1.0 if points is None else points))
    return factor


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value `(n,)` up to which a share of the weights `(n,)` lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(below, share * below[-1])]])


def predict(network: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Every output of a network for crops `(n, 96, 96, 3)`, in parts that fit into memory."""
    parts = [network.predict_on_batch(images[i : i + 64]) for i in range(0, len(images), 64)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def validation_crops(crops: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network's crops `(n, 96, 96, 3)` out of stored ones, each disturbed in a fixed way, and their targets."""
    rng = np.random.default_rng(7)
    zoom = STORED_SCALE / CROP_SCALE * CROP_PX / STORED_PX
    images, labels = [], []
    for crop, target in zip(crops, targets, strict=True):
        shift = rng.normal(0, 0.05 * STORED_PX / STORED_SCALE, 2)
        middle = np.full(2, (STORED_PX - 1) / 2)
        scale = zoom * np.exp(rng.normal(0, 0.05))
        matrix = similarity_about(middle + shift, np.full(2, (CROP_PX - 1) / 2), scale, rng.normal(0, np.radians(4)))
        images.append(cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR))
        label = target.copy()
        label[:, :2] = apply_affine(matrix, label[:, :2])
        labels.append(label)
    return np.stack(images), np.stack(labels)
