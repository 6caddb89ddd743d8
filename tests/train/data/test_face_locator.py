"""Swapped labels of left and right are found."""

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.data.face_locator import swapped_label
from train.data.samples import FLIP, READOUT, TARGETS
from train.synthesis.cartoon_faces import TEMPLATE


def test_every_point_with_a_partner_is_looked_at_for_swapped_sides():
    points = READOUT @ TEMPLATE
    five = TOPOLOGY_49.five_points(TEMPLATE)
    for index in np.flatnonzero(np.arange(TARGETS) != FLIP):
        targets = np.zeros((TARGETS, 3), np.float32)
        targets[index] = *points[FLIP[index]], 1
        assert (swapped_label(targets, five) is None) == (abs(points[index, 0]) < 0.25)
        targets[FLIP[index]] = *points[index], 1
        assert (swapped_label(targets, five) is None) == (abs(points[index, 0]) < 0.12)
