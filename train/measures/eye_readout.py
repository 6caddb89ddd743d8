"""Where people would mark an eye, read from the points of a face: ridge regression on faces that people labelled.

From all points but those of the other eye, so that one eye can blink alone.
"""

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import in_frame, inputs, mirrored, own_frame
from train.measures.pose.weak_perspective import FaceModel
from train.measures.predictions import LabelledFaces
from train.measures.readout import Constants, ReadPoses, openness

__all__ = ["eye_constants", "held_out_openness", "ridge"]

RIDGE = 30.0
"""On standardised inputs: on faces held out 10 and 50 are as good (`train/EXPERIMENTS.md`)."""
FOLDS = 5
_RIGHT_EYE, _LEFT_EYE = (list(TOPOLOGY_49.groups[name]) for name in ("right_eye", "left_eye"))


def eye_constants(faces: LabelledFaces, model: FaceModel) -> dict[str, np.ndarray]:
    """The readout of the right eye, learnt from both (the left eye is that of the mirror image), and the eyes' axes.

    Args:
        faces: labelled by people, all 49 points.
        model: the 3-D face that pose is measured in.
    """
    rows, eyes = _right_eyes(faces)
    weights = ridge(rows, eyes, RIDGE)[0].astype(np.float16)
    bias = eyes.mean(0) - rows.mean(0) @ weights.astype(np.float64)
    axes = [_axes(model.mean[eye]) for eye in (_RIGHT_EYE, _LEFT_EYE)]
    return {
        "blink_eye": weights,
        "blink_eye_bias": bias.astype(np.float32),
        "blink_vectors": np.concatenate(axes).T.astype(np.float32),
    }


def held_out_openness(constants: Constants, faces: LabelledFaces, poses: ReadPoses, seed: int = 0) -> np.ndarray:
    """Openness `(n, 2)` of each face by a readout that did not learn from it."""
    rows, eyes = _right_eyes(faces)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(faces))
    found = np.zeros((len(faces), 2))
    for number in range(FOLDS):
        learnt = np.concatenate([fold, fold]) != number
        weights, bias = ridge(rows[learnt], eyes[learnt], RIDGE)
        other = dict(constants) | {"blink_eye": weights, "blink_eye_bias": bias}
        found[fold == number] = openness(other, faces.points, poses)[fold == number]
    return found


def ridge(rows: np.ndarray, targets: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights `(i, o)` and bias `(o,)` of the linear map from `(n, i)` to `(n, o)`, shrunk on standardised inputs."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    scaled = (rows - mean) / spread
    weights = np.linalg.solve(
        scaled.T @ scaled + penalty * np.eye(rows.shape[1]), scaled.T @ (targets - targets.mean(0))
    )
    weights = weights / spread[:, None]
    return weights, targets.mean(0) - mean @ weights


def _right_eyes(faces: LabelledFaces) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `(2n, 98)`, 0 for the left eye, and labelled right eyes `(2n, 12)` of faces, then of their mirror images.

    The labels stand in the frames of the landmarker's points, since that is all that the runtime has.
    """
    rows, eyes = [], []
    for points, labels in ((faces.points, faces.labels), (mirrored(faces.points), mirrored(faces.labels))):
        own = inputs(points).reshape(len(points), TOPOLOGY_49.count, 2)
        own[:, _LEFT_EYE] = 0
        rows.append(own.reshape(len(points), -1))
        eyes.append(in_frame(own_frame(points), labels[:, _RIGHT_EYE]).reshape(len(points), -1))
    return np.concatenate(rows), np.concatenate(eyes)


def _axes(eye: np.ndarray) -> np.ndarray:
    """Unit vectors `(2, 3)` along the width and the height of an eye of the 3-D face `(6, 3)`."""
    width, height = eye[3] - eye[0], (eye[1] + eye[2] - eye[4] - eye[5]) / 2
    return np.stack([width / np.linalg.norm(width), height / np.linalg.norm(height)])
