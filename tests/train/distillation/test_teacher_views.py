"""What teachers say of a pack: crops for MediaPipe, moved crops of ours, and what is kept."""

import cv2
import numpy as np
import pytest
from taught_faces import mediapipe_environment, people_pack

from smile_edge.geometry.affine import apply_affine
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.runtime.manifest import ModelManifest, find_models
from smile_edge.topology import TOPOLOGY_49
from train.data.formats.teacher_labels import EXPRESSION
from train.distillation.pack_faces import PackFaces, read_pack_faces
from train.distillation.teacher_views import FLIP_BLEND, Teachers, mediapipe_crops, view_faces
from train.external.face_landmarker import CROP_PX, MESH_FIVE
from train.external.mediapipe_env import mediapipe_python

FIVE = np.array([[[80, 100], [120, 100], [100, 118], [85, 140], [115, 140]]], np.float32)
POINTS = np.linalg.pinv(TOPOLOGY_49.readout_matrix(("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")))


class Landmarker:
    """Gives points with the five points that it is given, and notes which."""

    topology = TOPOLOGY_49
    manifest = ModelManifest.load(find_models() / "landmarks.json")

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []
        self.calls: list[dict] = []

    def landmarks(self, items, **how):
        five = np.array([five for _, five in items])
        self.given.append(five)
        self.calls.append(how)
        points = (POINTS @ five).astype(np.float32)
        return LandmarkBatch(points, points[..., 0], points[:, 0, 0], points[:, :4, 0])


@pytest.fixture
def faces(tmp_path) -> PackFaces:
    return read_pack_faces(people_pack(tmp_path, 3))


@pytest.fixture
def teachers(tmp_path) -> Teachers:
    task = tmp_path / "face_landmarker.task"
    task.write_bytes(b"task")
    python = mediapipe_python(mediapipe_environment(tmp_path / "env"))
    return Teachers(Landmarker(), Landmarker(), python, task)


def test_the_first_crop_of_mediapipe_has_the_face_upright_in_its_middle_five_sizes_wide():
    turned = apply_affine(cv2.getRotationMatrix2D((100, 120), 30, 1.0), FIVE)
    (crops,) = mediapipe_crops(turned, mirror=False)
    inside = apply_affine(crops[0], turned[0])
    middle = (inside[:2].mean(0) + inside[3:].mean(0)) / 2
    np.testing.assert_allclose(middle, (CROP_PX - 1) / 2, atol=1e-2)
    np.testing.assert_allclose(inside[1] - inside[0], [CROP_PX / 5, 0], atol=1e-2)
    widths = [np.ptp(apply_affine(crop, turned[0])[:2, 0]) for crop in crops]
    assert widths[1] > widths[0] > widths[2]


def test_mirrored_crops_show_the_right_eye_on_the_right_and_are_moved_a_little():
    (crops,) = mediapipe_crops(FIVE, mirror=True)
    for crop, scale in zip(crops, (5.0, 3.6, 7.0), strict=True):
        inside = apply_affine(crop, FIVE[0])
        assert inside[0, 0] > inside[1, 0]
        middle = (inside[:2].mean(0) + inside[3:].mean(0)) / 2 - (CROP_PX - 1) / 2
        assert 0 < np.linalg.norm(middle) < 0.3 * CROP_PX / scale


def test_the_second_landmarker_is_given_moved_crops_in_a_mirror_as_well(faces, teachers):
    views = view_faces(faces, teachers)
    first, *looks = teachers.second.given
    size = np.linalg.norm(first[:, 0] - first[:, 1], axis=-1)[:, None, None]
    assert [how.get("flip_test", False) for how in teachers.second.calls] == [False, True, True, True]
    assert all(0 < np.abs((look - first) / size).max() < 0.5 for look in looks)
    np.testing.assert_allclose(views.second, (POINTS @ np.mean(looks, 0)), atol=1e-2)
    assert teachers.shipped.calls == [{"passes": 2, "flip_test": True}]


def test_mediapipe_is_given_the_five_points_of_the_mirrored_face_in_a_mirror(faces, teachers):
    views = view_faces(faces, teachers)
    five_of = [MESH_FIVE @ mesh[..., :2] for mesh in views.meshes]
    np.testing.assert_allclose(five_of[0], faces.five, atol=0.1 * np.ptp(faces.five))
    assert (five_of[0][:, 0, 0] < five_of[0][:, 1, 0]).all()
    assert (five_of[1][:, 0, 0] > five_of[1][:, 1, 0]).all()
    assert views.found().all()


def test_what_teachers_say_is_kept_and_they_are_not_asked_again(faces, teachers, tmp_path):
    first = view_faces(faces, teachers, tmp_path / "cache")
    silent = Teachers(Landmarker(), Landmarker(), tmp_path / "no-python", teachers.task)
    second = view_faces(faces, silent, tmp_path / "cache")
    assert not silent.shipped.given
    assert not silent.second.given
    for name in ("shipped", "second", "meshes", "blends"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_another_task_file_is_asked_anew(faces, teachers, tmp_path):
    view_faces(faces, teachers, tmp_path / "cache")
    teachers.task.write_bytes(b"another")
    view_faces(faces, teachers, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("mediapipe-w300-*.npz"))) == 2
    assert len(teachers.shipped.given) == 1


def test_coefficients_of_the_other_side_change_places_in_a_mirror():
    names = ["_neutral", *EXPRESSION]
    assert [names[FLIP_BLEND[names.index(name)]] for name in ("_neutral", "jawOpen", "eyeBlinkLeft")] == [
        "_neutral", "jawOpen", "eyeBlinkRight"
    ]  # fmt: skip
