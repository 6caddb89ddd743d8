"""Packs of 49 or 68 points."""

import cv2
import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.data.formats.dense import read_dense
from train.errors import DataError


def test_dense_labels_give_five_points_through_the_readout(packs):
    sample = read_dense(packs[1])[0]
    np.testing.assert_allclose(sample.five(), TOPOLOGY_49.five_points(sample.targets[:49, :2]), atol=1e-4)


def test_68_points_lose_the_jaw_and_the_inner_mouth_corners(tmp_path):
    header = ",".join(["file", *(f"{axis}{i}" for i in range(68) for axis in "xy")])
    values = ",".join(f"{i},{i}" for i in range(68))
    (tmp_path / "keypoints.csv").write_text(f"{header}\nA_00.webp,{values}\n")
    kept = read_dense(tmp_path)[0].targets[:49, 0].tolist()
    assert kept == [*range(17, 60), 61, 62, 63, 65, 66, 67]


@pytest.mark.parametrize(
    ("name", "group"),
    [("helen_3000_1", "helen_3000"), ("lfpw_image_0035", "lfpw_image_0035"), ("A_B_12", "A_B"), ("07617A06",) * 2],
)
def test_faces_of_an_image_or_a_person_are_a_group(tmp_path, name, group):
    assert _one(tmp_path, f"images/{name}.webp").group == group


@pytest.mark.parametrize(("side", "first"), [(256, 0.59), (200, 0.75)])
def test_300w_counts_from_one_sideways_and_is_kept_downwards(tmp_path, side, first):
    pack = tmp_path / "w300"
    pack.mkdir()
    cv2.imwrite(str(pack / "lfpw_image_0001.png"), np.zeros((180, side, 3), np.uint8))
    np.testing.assert_allclose(_one(pack, "lfpw_image_0001.png").targets[0], [1 - first, 1, 1], atol=1e-6)


def _one(folder, name):
    header = ",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")])
    (folder / "keypoints.csv").write_text(header + f"\n{name}," + ",".join(["1,1"] * 49) + "\n")
    return read_dense(folder)[0]


def test_a_missing_dense_point_has_no_weight(tmp_path):
    header = ",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")])
    (tmp_path / "keypoints.csv").write_text(header + "\na.webp," + ",".join(["nan,nan"] + ["1,1"] * 48) + "\n")
    targets = read_dense(tmp_path)[0].targets
    assert targets[0, 2] == 0
    assert targets[1:49, 2].all()


def test_a_dense_header_of_another_size_is_refused(tmp_path):
    (tmp_path / "keypoints.csv").write_text("file,x0,y0\na.webp,1,2\n")
    with pytest.raises(DataError, match="49 or 68"):
        read_dense(tmp_path)


@pytest.mark.parametrize("count", [49, 68])
def test_all_points_of_300w_are_kept_where_they_are_labelled(tmp_path, count):
    header = ",".join(["file", *(f"{axis}{i}" for i in range(count) for axis in "xy")])
    values = ",".join(["nan,nan", *(f"{i},{i}" for i in range(1, count))])
    (tmp_path / "keypoints.csv").write_text(f"{header}\nA_00.webp,{values}\n")
    whole = read_dense(tmp_path)[0].whole
    if count == 49:
        assert whole is None
    else:
        assert np.isnan(whole[0]).all()
        np.testing.assert_array_equal(whole[1:, 0], range(1, 68))
