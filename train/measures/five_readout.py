"""Where people who mark five points mark them, read from the landmarker's: ridge regression on MTFL's labels."""

import numpy as np

from smile_edge.topology import FIVE_FLIP, TOPOLOGY_49
from train.data.own_frame import OwnFrame, in_frame, inputs, mirrored, own_frame
from train.evaluation.metrics import score_five_points
from train.measures.eye_readout import ridge
from train.measures.predictions import LabelledFaces

__all__ = ["five_constants", "held_out_five"]

RIDGE = 300.0
"""On standardised inputs: on faces held out 30 to 1,000 are as good."""
FOLDS = 5
MOST_APART = 0.15
"""Labels whose five points lie further from the landmarker's, in units of the own frame, are taken for wrong."""


def five_constants(faces: LabelledFaces) -> dict[str, np.ndarray]:
    """The readout from the 49 points to five, both in the face's own frame.

    Args:
        faces: of packs whose five points people placed.
    """
    weights, bias = _fit(faces, np.ones(len(faces), bool))
    return {"five_weights": weights.astype(np.float16), "five_bias": bias.astype(np.float32)}


def held_out_five(faces: LabelledFaces, seed: int = 0) -> dict[str, float]:
    """Corrected errors (`nmec`, %) of the plain means and of readouts that did not learn from the same person."""
    names, person = np.unique(faces.groups, return_inverse=True)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(names))[person]
    read = TOPOLOGY_49.five_points(faces.points).astype(np.float64)
    plain = read.copy()
    for number in range(FOLDS):
        if (fold == number).any() and (fold != number).any():
            weights, bias = _fit(faces, fold != number)
            chosen = faces.points[fold == number]
            read[fold == number] = _back(own_frame(chosen), inputs(chosen) @ weights + bias)
    scores = [score_five_points(list(five), faces.five)[0].nmec for five in (plain, read)]
    return {"nmec of the means": scores[0], "nmec of the readout": scores[1]}


def _fit(faces: LabelledFaces, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, five = faces.points[chosen], faces.five[chosen]
    apart = np.linalg.norm(five - TOPOLOGY_49.five_points(points), axis=-1).mean(1) / own_frame(points).size
    points, five = points[apart < MOST_APART], five[apart < MOST_APART]
    other = five[:, list(FIVE_FLIP)] * np.array([-1.0, 1.0])
    rows = np.concatenate([inputs(points), inputs(mirrored(points))])
    targets = [in_frame(own_frame(p), f) for p, f in ((points, five), (mirrored(points), other))]
    return ridge(rows, np.concatenate(targets).reshape(len(rows), -1), RIDGE)


def _back(frame: OwnFrame, own: np.ndarray) -> np.ndarray:
    """Points `(n, 10)` of the frames as `(n, 5, 2)` px."""
    axis = frame.size * np.exp(1j * frame.angle)
    found = (own.reshape(len(own), -1, 2) @ [1, 1j]) * axis[:, None] + (frame.centre @ [1, 1j])[:, None]
    return np.stack([found.real, found.imag], -1)
