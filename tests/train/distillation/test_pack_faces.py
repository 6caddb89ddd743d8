"""The faces of packs that teachers label."""

import json

import numpy as np
import pytest
from taught_faces import people_pack

from train.data.formats.mtfl import read_mtfl
from train.distillation.pack_faces import read_pack_faces
from train.errors import DataError


def test_a_pack_of_peoples_points_has_all_68(tmp_path):
    faces = read_pack_faces(people_pack(tmp_path, 3))
    assert faces.human[..., 2].all()
    np.testing.assert_allclose(faces.five[:, 3], faces.human[:, 48, :2], atol=1e-3)
    assert not faces.human_five.any()
    assert faces.occlusion.tolist() == [-1] * 3


def test_a_pack_of_peoples_points_without_a_jaw_is_refused(packs, tmp_path):
    dense = tmp_path / "w300"
    dense.symlink_to(packs[1])
    with pytest.raises(DataError, match="w300: expected 68 points a face, found 49"):
        read_pack_faces(dense)


def test_dense_points_of_other_packs_only_say_where_the_face_lies(packs):
    faces = read_pack_faces(packs[1])
    assert not faces.human.any()
    assert not faces.human_five.any()


def test_peoples_five_points_are_those_of_the_reader(packs):
    faces, samples = read_pack_faces(packs[0]), read_mtfl(packs[0])
    np.testing.assert_array_equal(faces.human_five[..., :2], [sample.five() for sample in samples])
    assert faces.human_five[..., 2].all()
    assert faces.groups == [sample.group for sample in samples]


def test_boxes_are_faces_where_they_are_large_and_another_detector_found_them(tmp_path):
    boxes = [
        "10 10 70 90 0 0 0 0 2 0",
        "200 10 40 50 0 0 0 0 0 0",
        "10 200 70 90 0 0 0 1 0 0",
        "200 200 70 90 0 0 0 0 1 0",
    ]
    (tmp_path / "wider_face_bbx_gt.txt").write_text("\n".join(["a.png", str(len(boxes)), *boxes]) + "\n")
    five = [[30, 40], [60, 40], [45, 55], [33, 75], [57, 75]]
    found = [{"box": [12, 8, 70, 90], "score": 0.9, "points": five},
             {"box": [200, 10, 40, 50], "score": 0.9, "points": five},
             {"box": [10, 200, 70, 90], "score": 0.9, "points": five},
             {"box": [200, 200, 70, 90], "score": 0.3, "points": five}]  # fmt: skip
    (tmp_path / "teacher_faces.jsonl").write_text(json.dumps({"file": "images/a.png", "faces": found}) + "\n")
    faces = read_pack_faces(tmp_path)  # the second is small, the third invalid, the fourth doubtful
    np.testing.assert_array_equal(faces.five, [five])
    assert faces.occlusion.tolist() == [2]
    assert faces.groups == ["a.png"]


def test_boxes_that_no_other_detector_saw_are_no_faces(packs):
    assert len(read_pack_faces(packs[2])) == 0


def test_a_pack_without_labels_of_faces_has_none(packs):
    assert read_pack_faces(packs[3]) is None
