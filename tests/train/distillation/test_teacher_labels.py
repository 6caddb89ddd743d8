"""Labels from opinions that agree: weights, faces left out, and the convention of people's five points."""

from dataclasses import replace

import numpy as np
import pytest
from taught_faces import MadeFaces, made_faces

from smile_edge.topology import TOPOLOGY_70
from train.data.formats.teacher_labels import EXPRESSION, read_teacher_labels
from train.data.kept import write_arrays
from train.distillation.teacher import fit_teacher
from train.distillation.teacher_labels import agreement, label_faces
from train.errors import DataError


@pytest.fixture(scope="module")
def teacher():
    made = made_faces(60)
    return fit_teacher(made.faces, made.views)


def disagreeing(made: MadeFaces, row: int, points: slice, by: float) -> MadeFaces:
    """The same with some of the landmarkers' 49 points of a face moved by so many face sizes."""
    moved = [view.copy() for view in (made.views.shipped, made.views.second)]
    for view in moved:
        view[row, points] += by * made.size[row]
    return replace(made, views=replace(made.views, shipped=moved[0], second=moved[1]))


def unseen(made: MadeFaces, rows: list[int]) -> MadeFaces:
    """The same with faces that MediaPipe does not find in a mirror."""
    meshes, blends = made.views.meshes.copy(), made.views.blends.copy()
    meshes[1, rows], blends[1, rows] = np.nan, np.nan
    return replace(made, views=replace(made.views, meshes=meshes, blends=blends))


def test_points_weigh_less_the_further_teachers_differ():
    weights = agreement(np.array([0, 1, 2.5, 10]))
    np.testing.assert_allclose(weights, [1, 0.862, 0.5, 0.0588], atol=1e-3)


def test_a_face_on_which_teachers_differ_grossly_is_left_out(teacher):
    made = disagreeing(made_faces(8, "aaf", seed=1), 3, slice(0, 10), 0.5)
    label = label_faces(made.faces, made.views, teacher)[0]["label"]
    assert not label[3, :, 2].any()
    assert label[[0, 1, 2, 4], :, 2].all()


def test_what_a_mask_covers_leaves_no_masked_face_out(teacher):
    for pack, stays in (("aaf", False), ("masks", True)):
        made = disagreeing(made_faces(8, pack, seed=1), 3, slice(38, 49), 0.1)
        label = label_faces(made.faces, made.views, teacher)[0]["label"]
        assert label[3, :, 2].any() == stays


def test_a_face_that_mediapipe_misses_in_a_view_has_no_label(teacher):
    made = unseen(made_faces(6, "aaf", seed=1), [2])
    arrays, away = label_faces(made.faces, made.views, teacher)
    assert not arrays["label"][2].any()
    assert not arrays["blend_known"][2]
    assert np.isinf(away).tolist() == [row == 2 for row in range(6)]


def test_a_pack_of_which_mediapipe_finds_nothing_is_refused(teacher):
    made = unseen(made_faces(2, "aaf"), [0, 1])
    with pytest.raises(DataError, match="aaf: MediaPipe finds none of 2 faces: leave the pack out"):
        label_faces(made.faces, made.views, teacher)


def test_peoples_points_are_the_labels_where_there_are_any(teacher):
    made = unseen(made_faces(6, seed=1), [2])
    label = label_faces(made.faces, made.views, teacher)[0]["label"]
    np.testing.assert_array_equal(label[:, :68], made.faces.human)
    assert (label[:, 68:, 2] > 0).all(1).tolist() == [row != 2 for row in range(6)]  # irises are MediaPipe's


def test_the_gap_of_the_conventions_is_taken_off_peoples_five_points(teacher):
    made = made_faces(200, "mtfl", seed=1, noise=0.001)
    five = made.faces.human_five.copy()
    five[:, 2, 1] += 0.035 * made.size  # the nose lower; faces are turned by half a radian at most
    faces = replace(made.faces, human_five=five)
    moved = label_faces(faces, made.views, teacher)[0]["human_five"]
    wanted = TOPOLOGY_70.five_points(made.truth)
    before, after = (
        np.linalg.norm((each[..., :2] - wanted)[:, 2].mean(0)) / made.size.mean() for each in (five, moved)
    )
    assert before > 0.03
    assert after < 0.005
    np.testing.assert_array_equal(moved[..., 2], 1)


def test_a_face_whose_five_points_are_elsewhere_is_left_out(teacher):
    made = made_faces(30, "mtfl", seed=1)
    five = made.faces.human_five.copy()
    five[4, :, 0] += 0.5 * made.size[4]
    arrays, _ = label_faces(replace(made.faces, human_five=five), made.views, teacher)
    assert np.flatnonzero(~arrays["label"][..., 2].any(1)).tolist() == [4]
    assert np.flatnonzero(~arrays["blend_known"]).tolist() == [4]


def test_the_expression_is_the_mean_of_the_face_and_its_mirror_image(teacher):
    made = made_faces(3, "aaf", seed=1)
    blends = np.zeros_like(made.views.blends)
    left, right = (1 + EXPRESSION.index(f"mouthSmile{side}") for side in ("Left", "Right"))
    blends[0, :, left], blends[1, :, right] = 1.0, 0.5
    arrays, _ = label_faces(made.faces, replace(made.views, blends=blends), teacher)
    np.testing.assert_array_equal(arrays["blend"][:, [left, right]], [[0.75, 0]] * 3)
    np.testing.assert_array_equal(arrays["blend_plain"][:, [left, right]], [[1, 0]] * 3)


def test_the_file_is_read_back_as_teacher_labels(teacher, tmp_path):
    made = made_faces(4, "mtfl", seed=1)
    arrays, _ = label_faces(made.faces, made.views, teacher)
    write_arrays(tmp_path / "mtfl.npz", arrays)
    (labels,) = read_teacher_labels(tmp_path, [made.faces.folder])
    assert [sample.image for sample in labels.samples] == made.faces.images
    assert labels.valid.all()
    np.testing.assert_allclose(labels.samples[0].targets[:70, :2], made.truth[0], atol=0.05 * made.size[0])
    np.testing.assert_allclose(labels.expression, labels.expression_plain, atol=1e-6)
