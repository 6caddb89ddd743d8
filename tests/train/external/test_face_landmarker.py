"""The worker of MediaPipe's Face Landmarker: its crops in turn, whose face it takes, and pixels of the image."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from taught_faces import mediapipe_environment

import train.external.face_landmarker as module
from train.errors import DataError
from train.external.face_landmarker import MESH_FIVE, MESH_POINTS, landmarked_faces
from train.external.mediapipe_env import mediapipe_python

FIVE = np.array([[[30.0, 40], [60, 40], [45, 55], [33, 75], [57, 75]]])
MESH = np.linalg.pinv(MESH_FIVE) @ FIVE[0]
"""A mesh `(478, 2)` px of the image with these five points."""
SIDE = 50


def test_what_the_worker_writes_is_read(tmp_path):
    python = mediapipe_python(mediapipe_environment(tmp_path / "env"))
    found = landmarked_faces(python, tmp_path / "a.task", [Path("a.png")], np.zeros((1, 3, 2, 3)), FIVE)
    assert found["mesh"].shape == (1, MESH_POINTS, 3)
    np.testing.assert_allclose(MESH_FIVE @ found["mesh"][0, :, :2], FIVE[0], atol=5)
    assert found["blend"].shape == (1, 52)


def test_a_worker_that_fails_is_one_line(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho broken >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(DataError, match=r"MediaPipe: broken: .*--setup-mediapipe.*--task"):
        landmarked_faces(python, tmp_path / "a.task", [Path("a.png")], np.zeros((1, 3, 2, 3)), FIVE)


class MediaPipe:
    """Finds the mesh in crops whose first pixel is of one value, from a confidence on; notes what it was shown."""

    def __init__(self, value: int, confidence: float = 1.0, off_px: float = 0.0) -> None:
        self.value, self.confidence, self.off_px = value, confidence, off_px
        self.shown: list[tuple[int, float]] = []
        self.ImageFormat = SimpleNamespace(SRGB=0)
        vision = SimpleNamespace(FaceLandmarkerOptions=SimpleNamespace, RunningMode=SimpleNamespace(IMAGE=0),
                                 FaceLandmarker=SimpleNamespace(create_from_options=self.opened))  # fmt: skip
        self.tasks = SimpleNamespace(vision=vision, BaseOptions=SimpleNamespace)
        self.matrices: dict[int, np.ndarray] = {}

    def Image(self, image_format, data):
        return data

    def opened(self, options):
        return SimpleNamespace(detect=lambda crop: self.detect(crop, options.min_face_detection_confidence))

    def detect(self, crop, confidence):
        value = int(crop[0, 0, 0])
        self.shown.append((value, confidence))
        if value != self.value or confidence > self.confidence:
            return SimpleNamespace(face_landmarks=[])
        matrix = self.matrices[value]
        inside = (MESH + self.off_px) @ matrix[:, :2].T + matrix[:, 2]
        points = [SimpleNamespace(x=(x + 0.5) / SIDE, y=(y + 0.5) / SIDE, z=0.1) for x, y in inside]
        return SimpleNamespace(face_landmarks=[points], face_blendshapes=[[SimpleNamespace(score=0.25)] * 52])


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Runs the worker with a MediaPipe on one face and three crops, whose first pixels are 10, 20 and 30."""
    image = np.zeros((100, 100, 3), np.uint8)
    matrices = np.zeros((3, 2, 3))
    for number, (scale, mirror) in enumerate(((0.5, 1), (0.4, -1), (0.3, 1))):
        x, y = 10 + 20 * number, 5
        image[y, x] = 10 * (number + 1)
        matrices[number] = [[scale * mirror, 0, -scale * mirror * x], [0, scale, -scale * y]]
    cv2.imwrite(str(tmp_path / "face.png"), image)

    def run(mediapipe: MediaPipe) -> dict[str, np.ndarray]:
        mediapipe.matrices = dict(zip((10, 20, 30), matrices, strict=True))
        monkeypatch.setitem(sys.modules, "mediapipe", mediapipe)
        path = Path(module.__file__).with_name("face_landmarker_worker.py")
        spec = importlib.util.spec_from_file_location("worker", path)
        worker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(worker)
        given, made = tmp_path / "faces.npz", tmp_path / "landmarks.npz"
        np.savez(given, images=[str(tmp_path / "face.png")], matrices=matrices[None], five=FIVE,
                 five_of_mesh=MESH_FIVE, farthest=0.35, side=SIDE)  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["worker", "a.task", str(given), str(made)])
        worker.main()
        return dict(np.load(made))

    return run


@pytest.mark.parametrize("crop", [10, 20])
def test_the_mesh_is_in_pixels_of_the_image_from_a_mirrored_crop_as_well(work, crop):
    found = work(MediaPipe(crop))
    np.testing.assert_allclose(found["mesh"][0, :, :2], MESH, atol=1e-4)
    scale = {10: 0.5, 20: 0.4}[crop]
    np.testing.assert_allclose(found["mesh"][0, :, 2], -0.1 * SIDE / scale, atol=1e-4)  # towards the camera
    assert (found["blend"] == 0.25).all()


def test_crops_are_tried_in_turn_and_again_with_a_low_confidence(work):
    mediapipe = MediaPipe(30, confidence=0.1)
    assert np.isfinite(work(mediapipe)["mesh"]).all()
    assert mediapipe.shown == [(value, confidence) for confidence in (0.5, 0.1) for value in (10, 20, 30)]


def test_another_face_is_not_taken_for_it(work):
    mediapipe = MediaPipe(10, off_px=15)
    found = work(mediapipe)
    assert np.isnan(found["mesh"]).all()
    assert np.isnan(found["blend"]).all()
    assert len(mediapipe.shown) == 6
