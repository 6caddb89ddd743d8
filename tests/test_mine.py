"""Mined crops: a detection on a face teaches a face, one on nothing an impostor, one in between nothing."""

import cv2
import numpy as np
import pytest

from smile_edge.records import Detection
from train.cartoon import cartoon_scene
from train.crops import STORED_PX, STORED_SCALE
from train.errors import DataError
from train.mine import load_mined, load_places, mine
from train.mosaic import tile
from train.scenes import Scene, box_around


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
    (mined,) = load_mined([tmp_path / "out"])
    assert counts["faces"] == counts["impostors"] > 0
    assert mined.labels.tolist() == [1.0, 0.0, -1.0] * counts["faces"]
    assert mined.crops.shape == (len(mined.labels), STORED_PX, STORED_PX, 3)
    np.testing.assert_array_equal(np.isfinite(mined.boxes).all(1), mined.labels != 0)


def test_the_box_of_a_mined_face_lies_around_its_crops_middle(pack, tmp_path):
    mine(Detector(pack[1]), [pack[0]], tmp_path / "out", views=1)
    mined = load_mined([tmp_path / "out"])[0]
    left, _top, width, height = mined.boxes[0]
    size = STORED_PX / STORED_SCALE
    assert abs(left + width / 2 - STORED_PX / 2) < 0.2 * size
    assert 1.5 * size < width < height < 3.5 * size


def test_places_of_impostors_are_given_in_pixels_of_the_scene(pack, tmp_path):
    mine(Detector(pack[1]), [pack[0]], tmp_path / "out", views=1)
    places = load_places([tmp_path / "out"])
    assert set(places) <= {f"scenes/{index}.png" for index in range(3)}
    np.testing.assert_allclose(next(iter(places.values()))[0], pack[1][1].box, atol=0.01)


def test_a_detector_that_finds_nothing_is_refused(pack, tmp_path):
    with pytest.raises(DataError, match="found nothing"):
        mine(Detector([]), [pack[0]], tmp_path / "out")


def test_a_folder_without_mined_crops_names_the_command_that_makes_them(tmp_path):
    with pytest.raises(DataError, match="train mine"):
        load_mined([tmp_path])


def test_canvas_pieces_show_the_impostors_of_a_faceless_scene():
    image = np.zeros((400, 400, 3), np.uint8)
    image[300:340, 60:100] = 255  # what the detector took for a face
    none = np.zeros((0, 4), np.float32)
    rng = np.random.default_rng(0)

    def seen(impostors):
        scene = Scene(image, none, np.zeros((0, 5, 2), np.float32), np.zeros(0, bool), "scenes", impostors)
        return sum(tile(scene, 96, 192, rng)[0].max() > 200 for _ in range(60))

    assert seen(np.float32([[60, 300, 40, 40]])) > 50 > seen(none)
