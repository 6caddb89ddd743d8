"""The kind of a pack by its label file, and what the users of packs make of one for checking."""

import cv2
import numpy as np
import pytest

from train.data.formats.kind import MARKERS, PackKind, kind_of
from train.data.negatives import read_negatives
from train.data.packs import read_faces
from train.data.scenes import read_scenes
from train.errors import DataError


@pytest.fixture
def poses(tmp_path):
    """A pack of one image with a labelled pose."""
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "labels.csv").write_text("file,yaw,pitch,roll\nimages/a.png,1,2,3\n")
    return tmp_path


@pytest.mark.parametrize("marker", MARKERS)
def test_the_label_file_tells_the_kind(tmp_path, marker):
    (tmp_path / marker).touch()
    assert kind_of(tmp_path) is MARKERS[marker]


def test_poses_beside_points_do_not_change_the_kind_of_a_pack(poses):
    (poses / "keypoints.csv").touch()
    assert kind_of(poses) is PackKind.DENSE


def test_a_folder_without_labels_has_no_kind(tmp_path):
    assert kind_of(tmp_path) is None


def test_faces_with_a_pose_are_no_negatives(poses):
    cv2.imwrite(str(poses / "b.png"), np.zeros((20, 20, 3), np.uint8))
    found = read_negatives([poses])
    assert found.train == found.held_out == []


@pytest.mark.parametrize("read", [read_scenes, read_faces])
def test_poses_are_nothing_to_train_points_or_boxes_on(poses, read):
    with pytest.raises(DataError):
        read([poses])
