"""Mined crops: a detection on a face teaches a face, one on nothing an impostor, one in between nothing."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from smile_edge.records import Detection
from train.data.crop_cache import STORED_PX, STORED_SCALE
from train.data.mined import load_detector_scores, load_mined, load_places
from train.errors import DataError
from train.mining.hard_negatives import mine
from train.synthesis.cartoon_faces import cartoon_scene


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
        box = average_box(five, LABELLED_BOX)
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


class Landmarker:
    """Takes everything for a face, more or less."""

    def landmarks(self, items):
        return SimpleNamespace(presence=np.full(len(items), 0.9, np.float32))


def test_right_and_wrong_detections_become_faces_and_impostors(pack, tmp_path):
    folder, found = pack
    counts = mine(Detector(found), Landmarker(), [folder], tmp_path / "out")
    (mined,) = load_mined([tmp_path / "out"])
    assert counts["faces"] == counts["impostors"] > 0
    assert mined.labels.tolist() == [1.0, 0.0, -1.0] * counts["faces"]
    assert mined.crops.shape == (len(mined.labels), STORED_PX, STORED_PX, 3)
    np.testing.assert_array_equal(np.isfinite(mined.boxes).all(1), mined.labels != 0)


def test_the_box_of_a_mined_face_lies_around_its_crops_middle(pack, tmp_path):
    mine(Detector(pack[1]), Landmarker(), [pack[0]], tmp_path / "out", views=1)
    mined = load_mined([tmp_path / "out"])[0]
    left, _top, width, height = mined.boxes[0]
    size = STORED_PX / STORED_SCALE
    assert abs(left + width / 2 - STORED_PX / 2) < 0.2 * size
    assert 1.5 * size < width < height < 3.5 * size


def test_places_of_impostors_are_given_in_pixels_of_the_scene(pack, tmp_path):
    mine(Detector(pack[1]), Landmarker(), [pack[0]], tmp_path / "out", views=1)
    places = load_places([tmp_path / "out"])
    assert set(places) <= {f"scenes/{index}.png" for index in range(3)}
    np.testing.assert_allclose(next(iter(places.values()))[0], pack[1][1].box, atol=0.01)


def test_doubt_is_how_far_the_landmarker_was_from_the_label(pack, tmp_path):
    mine(Detector(pack[1]), Landmarker(), [pack[0]], tmp_path / "out", views=1)
    (mined,) = load_mined([tmp_path / "out"])
    np.testing.assert_allclose(mined.presence_error[:3], [0.1, 0.9, 0.0], atol=1e-6)  # a face, an impostor, neither


def test_the_sureness_of_a_face_is_the_best_score_on_it_and_zero_where_it_was_missed(pack, tmp_path):
    folder, found = pack
    mine(Detector(found), Landmarker(), [folder], tmp_path / "seen", views=1)
    mine(Detector(found[1:2]), Landmarker(), [folder], tmp_path / "missed", views=1)
    assert {float(scores[0]) for scores in load_detector_scores([tmp_path / "seen"]).values()} == {np.float32(0.9)}
    assert {float(scores[0]) for scores in load_detector_scores([tmp_path / "missed"]).values()} == {0.0}


def test_a_detector_that_finds_nothing_is_refused(pack, tmp_path):
    with pytest.raises(DataError, match="found nothing"):
        mine(Detector([]), Landmarker(), [pack[0]], tmp_path / "out")
