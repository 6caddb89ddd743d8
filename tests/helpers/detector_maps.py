"""A face, and the maps that a perfect detector would give."""

import numpy as np

from smile_edge.detection.decoding import ANGLE_BINS
from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from smile_edge.topology import TOPOLOGY_49
from train.data.instances import Instances
from train.detector.target_assignment import COLUMNS, Cells, assign_targets
from train.synthesis.cartoon_faces import TEMPLATE

__all__ = ["SIDE", "face_at", "maps_of"]

SIDE = 192


def face_at(size: float, degrees: float) -> Instances:
    matrix = similarity_about(np.zeros(2), np.array([90.0, 100.0]), size, np.radians(degrees))
    five = TOPOLOGY_49.five_points(apply_affine(matrix, TEMPLATE))
    angle = np.array([np.radians(degrees)])
    return Instances(average_box(five, LABELLED_BOX)[None], five[None], angle, np.ones(1), np.zeros(1, bool))


def maps_of(faces: Instances) -> dict[int, np.ndarray]:
    """The maps a perfect network would give."""
    cells = Cells.of(SIDE, SIDE)
    targets = {name: assign_targets(faces, cells)[:, columns] for name, columns in COLUMNS.items()}
    values = np.zeros((len(cells.centres), 27), np.float32)
    values[:, 0] = np.where(targets["positive"][:, 0] > 0, 4, -9)
    values[:, 1:3] = (targets["box"][:, :2] - cells.centres) / cells.strides
    values[:, 3:5] = np.log(np.maximum(targets["box"][:, 2:], 1) / cells.strides)
    values[:, 5:15] = targets["points"]
    apart = targets["angle"] / (2 * np.pi / ANGLE_BINS) - np.arange(ANGLE_BINS)
    apart = np.abs((apart + ANGLE_BINS / 2) % ANGLE_BINS - ANGLE_BINS / 2)
    values[:, 15:] = np.log(np.maximum(1 - apart, 1e-6))
    maps, start = {}, 0
    for stride in (8, 16, 32):
        side = SIDE // stride
        maps[stride] = values[start : start + side * side].reshape(side, side, 27).transpose(2, 0, 1)
        start += side * side
    return maps
