"""Scenes with their boxes."""

import numpy as np
import pytest

from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from train.data.scenes import held_out_people, read_scenes
from train.errors import DataError


def test_labelled_points_get_a_box_where_no_teacher_saw_the_face(packs):
    scene = read_scenes([packs[0]])[0]
    assert scene.boxes.shape == (1, 4)
    np.testing.assert_allclose(scene.boxes[0], average_box(scene.points[0], LABELLED_BOX), atol=1e-3)


def test_packs_without_boxed_scenes_are_refused(tmp_path):
    with pytest.raises(DataError, match="wider_face_bbx_gt"):
        held_out_people([tmp_path])


@pytest.mark.parametrize("marker", ["testing.txt", "labels.csv"])
def test_packs_for_checking_only_are_refused(tmp_path, marker):
    (tmp_path / marker).touch()
    with pytest.raises(DataError, match="for checking only"):
        read_scenes([tmp_path])
