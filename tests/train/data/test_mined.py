"""Mined crops as they are read and drawn."""

import numpy as np
import pytest

from train.data.mined import Mined, load_mined
from train.errors import DataError


def test_uncertain_crops_are_drawn_more_often_than_sure_ones_and_than_contradicted_ones():
    labels, presence_error = np.ones(3, np.float32), np.array([0.02, 0.5, 0.98], np.float32)
    mined = Mined(np.zeros((3, 1, 1, 3), np.uint8), labels, np.zeros((3, 4), np.float32), presence_error)
    rng = np.random.default_rng(0)
    counts = np.bincount([mined.draw(True, rng) for _ in range(600)], minlength=3)
    assert counts[1] > 2 * max(counts[0], counts[2])
    assert counts.min() > 50
    assert False not in mined.chances  # no impostor to draw


def test_a_folder_without_mined_crops_names_the_command_that_makes_them(tmp_path):
    with pytest.raises(DataError, match="train mine"):
        load_mined([tmp_path])
