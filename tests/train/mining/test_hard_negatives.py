"""Mined crops: a detection on a face teaches a face, one on nothing an impostor, one in between nothing."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from smile_edge.records import Detection
from train.augmentation.mosaic import tile
from train.data.crop_cache import STORED_PX, STORED_SCALE
from train.data.mined import Mined, load_detector_scores, load_mined, load_places
from train.data.scenes import Scene
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


def test_uncertain_crops_are_drawn_more_often_than_sure_ones_and_than_contradicted_ones():
    labels, presence_error = np.ones(3, np.float32), np.array([0.02, 0.5, 0.98], np.float32)
    mined = Mined(np.zeros((3, 1, 1, 3), np.uint8), labels, np.zeros((3, 4), np.float32), presence_error)
    rng = np.random.default_rng(0)
    counts = np.bincount([mined.draw(True, rng) for _ in range(600)], minlength=3)
    assert counts[1] > 2 * max(counts[0], counts[2])
    assert counts.min() > 50
    assert False not in mined.chances  # no impostor to draw


def test_a_detector_that_finds_nothing_is_refused(pack, tmp_path):
    with pytest.raises(DataError, match="found nothing"):
        mine(Detector([]), Landmarker(), [pack[0]], tmp_path / "out")


def test_a_folder_without_mined_crops_names_the_command_that_makes_them(tmp_path):
    with pytest.raises(DataError, match="train mine"):
        load_mined([tmp_path])


def test_canvas_pieces_show_the_impostors_of_a_faceless_scene():
    image = np.zeros((400, 400, 3), np.uint8)
    image[300:340, 60:100] = 255  # what the detector took for a face
    none = np.zeros((0, 4), np.float32)
    rng = np.random.default_rng(0)

    def seen(hard_negatives):
        scene = Scene(image, none, np.zeros((0, 5, 2), np.float32), np.zeros(0, bool), "scenes", hard_negatives)
        return sum(tile(scene, 96, rng)[0].max() > 200 for _ in range(60))

    assert seen(np.float32([[60, 300, 40, 40]])) > 50 > seen(none)


def test_a_face_the_detector_missed_is_looked_at_more_often_than_one_it_was_sure_of():
    image = np.zeros((1200, 3000, 3), np.uint8)  # so far apart, and from the border, that no piece shows more than one
    image[600:640, 700:740], image[600:640, 2300:2340] = 100, 200
    boxes = np.float32([[700, 600, 40, 40], [2300, 600, 40, 40]])
    scene = Scene(
        image, boxes, np.full((2, 5, 2), np.nan), np.zeros(2, bool), "scenes", detector_scores=np.float32([0, 1])
    )
    rng = np.random.default_rng(0)
    pieces = [tile(scene, 96, rng)[0].max() for _ in range(150)]
    assert sum(50 < seen < 150 for seen in pieces) > 1.5 * sum(seen > 150 for seen in pieces)
