"""Targets of a face, and the split by groups."""

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.data.samples import FLIP, READOUT, held_out, held_out_mask, readout_of


def test_every_readout_is_a_weighted_mean():
    np.testing.assert_allclose(READOUT.sum(1), 1, atol=1e-6)


def test_flipping_labels_twice_changes_nothing():
    assert FLIP[FLIP].tolist() == list(range(51))


def test_the_split_keeps_whole_groups_and_never_leaves_validation_empty():
    mask = held_out_mask(["x", "x", "y"])
    assert mask.any()
    assert mask[0] == mask[1]
    assert held_out("someone") == held_out("someone")


def test_labels_are_read_from_49_and_from_70_points_alike():
    points = np.random.default_rng(0).uniform(0, 96, (70, 2)).astype(np.float32)
    inner = TOPOLOGY_49.pick(points)
    np.testing.assert_array_equal(readout_of(49), READOUT)
    np.testing.assert_allclose(readout_of(70) @ points, READOUT @ inner, atol=1e-4)
