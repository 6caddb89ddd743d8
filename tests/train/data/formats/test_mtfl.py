"""Readers of label formats: values land where they belong, bad rows are named."""

import numpy as np
import pytest

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box, face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import STORED_PX, STORED_SCALE, stored_crops
from train.data.formats.dense import read_dense
from train.data.formats.mtfl import read_mtfl
from train.data.formats.teacher import read_teacher
from train.data.formats.wider import read_wider
from train.data.samples import FLIP, READOUT, held_out, held_out_mask
from train.data.scenes import read_scenes
from train.errors import DataError
from train.synthesis.cartoon_faces import TEMPLATE, cartoon_scene, write_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    return write_packs(tmp_path_factory.mktemp("packs"), 4)


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


def test_dense_labels_give_five_points_through_the_readout(packs):
    sample = read_dense(packs[1])[0]
    np.testing.assert_allclose(sample.five(), TOPOLOGY_49.five_points(sample.targets[:49, :2]), atol=1e-4)


def test_68_points_lose_the_jaw_and_the_inner_mouth_corners(tmp_path):
    header = ",".join(["file", *(f"{axis}{i}" for i in range(68) for axis in "xy")])
    values = ",".join(f"{i},{i}" for i in range(68))
    (tmp_path / "keypoints.csv").write_text(f"{header}\nA_00.webp,{values}\n")
    kept = read_dense(tmp_path)[0].targets[:49, 0].tolist()
    assert kept == [*range(17, 60), 61, 62, 63, 65, 66, 67]


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


def test_wider_reads_scenes_without_faces_and_flags_invalid_ones(tmp_path):
    text = "a.jpg\n0\n0.0 0.0 0.0 0.0 0 0 0 0 0 0\nb.jpg\n2\n1 2 30 40 0 0 0 0 0 0\n5 6 30 40 0 0 0 1 0 0\n"
    (tmp_path / "wider_face_bbx_gt.txt").write_text(text)
    empty, two = read_wider(tmp_path)
    assert len(empty.boxes) == 0
    assert two.boxes.tolist() == [[1, 2, 30, 40], [5, 6, 30, 40]]
    assert two.ignore.tolist() == [False, True]


def test_a_broken_wider_count_is_named(tmp_path):
    (tmp_path / "wider_face_bbx_gt.txt").write_text("a.jpg\nmany\n")
    with pytest.raises(DataError, match=r"row 1.*a\.jpg"):
        read_wider(tmp_path)


def test_a_pack_without_a_teacher_has_none(tmp_path):
    assert read_teacher(tmp_path) == {}


def test_every_readout_is_a_weighted_mean():
    np.testing.assert_allclose(READOUT.sum(1), 1, atol=1e-6)


def test_flipping_labels_twice_changes_nothing():
    assert FLIP[FLIP].tolist() == list(range(51))


def test_the_split_keeps_whole_groups_and_never_leaves_validation_empty():
    mask = held_out_mask(["x", "x", "y"])
    assert mask.any()
    assert mask[0] == mask[1]
    assert held_out("someone") == held_out("someone")


def test_stored_crops_are_upright_centred_and_of_one_scale(packs, tmp_path):
    crops, targets = stored_crops(read_dense(packs[1]), tmp_path)
    centre, size, angle = face_roi(TOPOLOGY_49.five_points(targets[:, :49, :2]))
    assert crops.shape == (4, STORED_PX, STORED_PX, 3)
    np.testing.assert_allclose(angle, 0, atol=1e-3)
    np.testing.assert_allclose(size, STORED_PX / STORED_SCALE, rtol=1e-3)
    np.testing.assert_allclose(centre, (STORED_PX - 1) / 2, atol=0.1)


def test_labelled_points_get_a_box_where_no_teacher_saw_the_face(packs):
    scene = read_scenes([packs[0]])[0]
    assert scene.boxes.shape == (1, 4)
    np.testing.assert_allclose(scene.boxes[0], average_box(scene.points[0], LABELLED_BOX), atol=1e-3)


def test_a_box_around_a_turned_face_holds_its_points():
    turn = np.radians(130)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 200], [np.sin(turn), np.cos(turn), 200]]) * [[50, 50, 1]]
    points = apply_affine(matrix, TEMPLATE)
    x, y, w, h = average_box(TOPOLOGY_49.five_points(points), LABELLED_BOX)
    assert (points > [x, y]).all()
    assert (points < [x + w, y + h]).all()


def test_cartoon_faces_lie_inside_their_image():
    _, points = cartoon_scene(np.random.default_rng(1))
    assert points.shape == (49, 2)
    assert ((points > 0) & (points < 160)).all()
