"""MTFL: five points a face."""

import numpy as np
import pytest

from train.data.formats.dense import read_dense
from train.data.formats.mtfl import read_mtfl
from train.errors import DataError


def test_mtfl_gives_five_weighted_labels_and_no_others(packs):
    sample = read_mtfl(packs[0])[0]
    assert np.flatnonzero(sample.targets[:, 2]).tolist() == [13, 31, 37, 49, 50]


def test_mtfl_columns_are_all_x_then_all_y(tmp_path):
    (tmp_path / "training.txt").write_text("lfw_5590/Ann_Lee_0001.jpg 1 2 3 4 5 10 20 30 40 50 1 1 2 3\n")
    five = read_mtfl(tmp_path)[0].five()
    assert five.tolist() == [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50]]


def test_packs_whose_labels_count_from_one_are_moved_to_zero(tmp_path):
    mtfl, dense = tmp_path / "mtfl", tmp_path / "ytf68"
    mtfl.mkdir()
    (mtfl / "training.txt").write_text("a.jpg 1 2 3 4 5 10 20 30 40 50 1 1 2 3\n")
    assert read_mtfl(mtfl)[0].five().tolist() == [[0, 9], [1, 19], [2, 29], [3, 39], [4, 49]]
    dense.mkdir()
    header = ",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")])
    (dense / "keypoints.csv").write_text(header + "\na.webp," + ",".join(["5,7"] * 49) + "\n")
    assert read_dense(dense)[0].targets[0].tolist() == [4, 6, 1]


def test_lfw_images_of_a_person_share_a_group(tmp_path):
    row = " 1 2 3 4 5 10 20 30 40 50 1 1 2 3\n"
    (tmp_path / "training.txt").write_text(f"lfw_5590/Ann_Lee_0001.jpg{row}lfw_5590/Ann_Lee_0002.jpg{row}")
    first, second = read_mtfl(tmp_path)
    assert first.group == second.group == "Ann_Lee"


def test_a_short_mtfl_row_is_named(tmp_path):
    (tmp_path / "training.txt").write_text("a.jpg 1 2 3\n")
    with pytest.raises(DataError, match="row 1"):
        read_mtfl(tmp_path)
