"""Mined crops: a detection on a face teaches a face, one on nothing an impostor, one in between nothing."""

import cv2
import numpy as np
import pytest

from smile_edge.records import Detection
from train.cartoon import cartoon_scene
from train.crops import STORED_PX
from train.errors import DataError
from train.mine import load_mined, mine
from train.scenes import box_around


@pytest.fixture
def pack(tmp_path):
    """Some scenes with one boxed face each, and the detections of a detector that errs in two ways."""
    from smile_edge.topology import TOPOLOGY_49

    folder = tmp_path / "scenes"
    (folder / "images").mkdir(parents=True)
    rows = []
    for index in range(3):
        image, points = cartoon_scene(np.random.default_rng(0))
        cv2.imwrite(str(folder / "images" / f"{index}.png"), image)
        five = TOPOLOGY_49.five_points(points)
        box = box_around(five)
        rows += [f"{index}.png", "1", " ".join(f"{value:.1f}" for value in box) + " 0 0 0 0 0 0"]
    (folder / "wider_face_bbx_gt.txt").write_text("\n".join(rows))
    away = np.array([-60, -60, 0, 0], np.float32)
    half_off = np.array([0.5 * box[2], 0, 0, 0], np.float32)
    boxes = [(box, 0.9), (box + away, 0.5), (box + half_off, 0.4)]
    return folder, [Detection(moved.astype(np.float32), score, five) for moved, score in boxes]


class Detector:
    def __init__(self, found):
        self.found = found

    def detect(self, image, *, threshold, thorough):
        return self.found


def test_right_and_wrong_detections_become_faces_and_impostors(pack, tmp_path):
    folder, found = pack
    counts = mine(Detector(found), [folder], tmp_path / "out")
    crops, labels = load_mined(tmp_path / "out")
    assert counts["faces"] == counts["impostors"] == len(labels) / 2 > 0
    assert crops.shape == (len(labels), STORED_PX, STORED_PX, 3)


def test_a_detector_that_finds_nothing_is_refused(pack, tmp_path):
    with pytest.raises(DataError, match="found nothing"):
        mine(Detector([]), [pack[0]], tmp_path / "out")


def test_a_folder_without_mined_crops_names_the_command_that_makes_them(tmp_path):
    with pytest.raises(DataError, match="train mine"):
        load_mined(tmp_path)
