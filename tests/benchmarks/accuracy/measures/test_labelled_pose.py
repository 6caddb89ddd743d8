"""Head pose and smile on labelled images."""

import cv2
import numpy as np
import pytest
from fake_world import World, face_of, face_points

from benchmarks.accuracy.measures.labelled_pose import (
    auc,
    labelled_pose_results,
    middle_face,
    pose_errors,
    smile_scores,
    with_border,
)
from smile_edge import FacePipeline
from train.data.formats.pose_labels import read_pose_labels

SIDE_PX = 200
TURNS = (0, 40, 100, 170, -90)


class Bordered(World):
    """A world whose images have got the border of `with_border`."""

    def _index(self, image):
        return super()._index(image[SIDE_PX // 2 :, SIDE_PX // 2 :])


def pack(folder, rows, header="file,yaw,pitch,roll,smile"):
    """A pose pack; each image is empty but for its number, which a `World` reads."""
    for index in range(len(rows)):
        image = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
        image[0, 0] = 0, index, 0
        cv2.imwrite(str(folder / f"{index}.png"), image)
    lines = [f"{index}.png,{','.join(map(str, row))}" for index, row in enumerate(rows)]
    (folder / "labels.csv").write_text("\n".join([header, *lines]) + "\n")
    return read_pose_labels(folder)


def turned_faces(index):
    """A face that looks aside and up, turned in the picture."""
    points = face_points(0, 0, 40)
    points[10:19] += np.float32([9, -6])
    angle = np.radians(TURNS[index])
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [points @ turn + SIDE_PX]


def test_turned_faces_are_scored_in_the_order_in_which_a_turn_adds_to_roll(tmp_path):
    samples = pack(tmp_path, [(0, 0, turn, 0) for turn in TURNS])
    result = labelled_pose_results(FacePipeline(Bordered(turned_faces).models()), samples)
    assert (result["images"], result["missed"]) == (len(TURNS), 0)
    assert result["order"] == "roll_yaw_pitch"
    errors = result["orders"]["roll_yaw_pitch"]
    assert list(errors["corrected"].values()) == pytest.approx([0] * 4, abs=0.02)
    assert errors["raw"]["pitch"] == pytest.approx(abs(errors["offset"]["pitch"]), abs=0.02)


def test_images_without_a_face_are_missed_and_do_not_count(tmp_path):
    samples = pack(tmp_path, [(0, 0, turn, index % 2) for index, turn in enumerate(TURNS)])
    world = Bordered(turned_faces)
    world.hidden = lambda index: index == 3
    result = labelled_pose_results(FacePipeline(world.models()), samples)
    assert result["missed"] == 1
    assert (result["smile"]["faces"], result["smile"]["smiling"]) == (4, 1)


def test_a_pack_in_which_nothing_was_found_has_no_figures(tmp_path):
    samples = pack(tmp_path, [(0, 0, 0, 1), (0, 0, 0, 0)])
    result = labelled_pose_results(FacePipeline(World(lambda index: []).models()), samples)
    assert result["missed"] == 2
    assert all(value is None for value in result["orders"][result["order"]]["corrected"].values())
    assert result["smile"] == {"faces": 0, "smiling": 0, "auc": None, "accuracy": None}


def test_a_pack_without_smiles_has_no_scores_of_them(tmp_path):
    samples = pack(tmp_path, [(0, 0, 0)], "file,yaw,pitch,roll")
    assert labelled_pose_results(FacePipeline(Bordered(turned_faces).models()), samples)["smile"] is None


def test_the_face_nearest_to_the_middle_counts(tmp_path):
    samples = pack(tmp_path, [(0, 0, 0, 0)])
    world = Bordered(lambda index: [face_points(60, 70, 20, 90), face_points(190, 205, 40, 0)])
    result = labelled_pose_results(FacePipeline(world.models()), samples)
    assert result["orders"]["roll_yaw_pitch"]["raw"]["roll"] < 20


def test_of_no_faces_none_is_in_the_middle():
    assert middle_face([], 100, 100) is None
    assert middle_face([face_of(face_points(30, 30)), near := face_of(face_points(60, 55))], 100, 100) is near


@pytest.mark.parametrize(("height", "width"), [(100, 60), (60, 100)])
def test_the_border_is_half_the_longer_side_and_black(height, width):
    bordered = with_border(np.full((height, width, 3), 9, np.uint8))
    assert bordered.shape == (height + 100, width + 100, 3)
    assert bordered[50 : 50 + height, 50 : 50 + width].min() == 9
    assert bordered.sum() == 9 * 3 * height * width


def test_roll_goes_the_short_way_round_and_so_does_its_offset():
    labels = np.array([[0, 0, 178], [0, 0, -178], [0, 0, 176.0]])
    off = np.array([[2, -3, 4], [2, -3, 4], [2, -3, 4 - 360]])
    errors = pose_errors(labels + off, labels)
    assert errors["raw"] == {"yaw": 2, "pitch": 3, "roll": 4, "mean": 3}
    assert errors["offset"] == {"yaw": 2, "pitch": -3, "roll": 4}
    assert errors["corrected"] == {"yaw": 0, "pitch": 0, "roll": 0, "mean": 0}


def test_one_wrong_face_does_not_move_the_offset():
    angles = np.zeros((5, 3))
    angles[0, 0] = 50
    errors = pose_errors(angles, np.zeros((5, 3)))
    assert errors["offset"]["yaw"] == 0
    assert errors["corrected"]["yaw"] == 10


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.8, 0.9], [0.1, 0.2], 1.0),
        ([0.1], [0.8, 0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.35, 0.8], [0.1, 0.4], 0.75),
        ([0.4, 0.8], [0.1, 0.4], 0.875),
    ],
)
def test_the_area_under_the_roc_curve_of_known_scores(positives, negatives, expected):
    assert auc(np.array(positives), np.array(negatives)) == pytest.approx(expected)


def test_there_is_no_area_without_both_classes():
    assert auc(np.array([0.5]), np.array([])) is None
    assert auc(np.array([]), np.array([0.5])) is None


def test_smiles_are_counted_from_a_half():
    scores = smile_scores(np.array([[0.9, 1], [0.5, 1], [0.49, 1], [0.2, 0]]))
    assert scores == {"faces": 4, "smiling": 3, "auc": 1.0, "accuracy": 75.0}
