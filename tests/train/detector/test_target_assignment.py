"""Cells that count in the detector's loss."""

import numpy as np
from detector_maps import SIDE, face_at

from train.data.instances import Instances
from train.detector.target_assignment import COLUMNS, Cells, assign_targets


def test_an_ignored_face_is_neither_rewarded_nor_punished():
    faces = face_at(20, 0)
    faces.ignore[:] = True
    targets = assign_targets(faces, Cells.of(SIDE, SIDE))
    assert targets[:, COLUMNS["positive"]].sum() == 0
    assert (targets[:, COLUMNS["weight"]] == 0).any()


def test_a_canvas_without_faces_punishes_every_cell():
    none = Instances(np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    targets = assign_targets(none, Cells.of(SIDE, SIDE))
    assert (targets[:, COLUMNS["weight"]] == 1).all()
