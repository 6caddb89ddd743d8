"""All inner points on packs of dense labels."""

import cv2
import numpy as np
import pytest
from fake_world import World, face_points

from benchmarks.accuracy.measures.dense_points import OUTER_CORNERS, PARTS, correlations, dense_results, point_errors
from smile_edge import FacePipeline
from smile_edge.topology import TOPOLOGY_49
from train.data.formats.dense import read_dense

EYES_PX = 56.0
"""Between the outer corners of `face_points` of size 40."""


@pytest.fixture
def pack(tmp_path):
    """Makes a dense pack with these labels; each image is empty but for its number, which a `World` reads."""

    def make(labels):
        header = ",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")])
        rows = []
        for index, points in enumerate(labels):
            image = np.zeros((300, 300, 3), np.uint8)
            image[0, 0] = 0, index, 0
            cv2.imwrite(str(tmp_path / f"{index}.png"), image)
            rows.append(f"{index}.png," + ",".join(f"{value:.4f}" for value in points.ravel()))
        (tmp_path / "keypoints.csv").write_text("\n".join([header, *rows]))
        return read_dense(tmp_path)

    return make


def faces(count):
    """Faces with eyes of many openings."""
    made = []
    for index in range(count):
        face = face_points(150, 150, 40).astype(np.float64)
        for name in ("right_eye", "left_eye"):
            eye = list(TOPOLOGY_49.groups[name])
            middle = face[eye, 1].mean()
            face[eye, 1] = middle + (face[eye, 1] - middle) * (0.2 + 0.2 * index)
        made.append(face)
    return np.array(made)


def test_points_that_are_the_labels_have_no_error_and_open_eyes_go_with_them(pack):
    truth = faces(5)
    result = dense_results(FacePipeline(World(lambda index: [truth[index].astype(np.float32)]).models()), pack(truth))
    assert (result["images"], result["missed"]) == (5, 0)
    assert list(result["error"].values()) == pytest.approx([0] * 5, abs=1e-3)
    assert result["sigma"]["errors"] == 5 * 49 * 2
    assert result["sigma"]["within_1"] == 100
    assert result["eyes"]["points"] == {"eyes": 10, "each_eye": pytest.approx(1), "both_eyes": pytest.approx(1)}
    assert result["eyes"]["readout"]["each_eye"] > 0.9


def test_points_that_lie_aside_lose_their_sigma_but_not_less_their_offset(pack):
    truth = faces(4)
    world = World(lambda index: [(truth[index] + [3, 0]).astype(np.float32)])  # its sigma is 1 px
    result = dense_results(FacePipeline(world.models()), pack(truth))
    assert result["error"]["all"] == pytest.approx(100 * 3 / EYES_PX, abs=0.01)
    assert (result["sigma"]["within_1"], result["sigma"]["within_2"]) == (50, 50)  # y is right
    assert (result["sigma"]["within_1_corrected"], result["sigma"]["within_2_corrected"]) == (100, 100)
    assert (result["sigma"]["laplace_1"], result["sigma"]["laplace_2"]) == (63.21, 86.47)


def test_a_face_that_is_not_near_its_label_is_missed(pack):
    truth = faces(3)
    seen = [[], [face_points(60, 60, 20)], [truth[2].astype(np.float32)]]
    world = World(lambda index: seen[index])
    result = dense_results(FacePipeline(world.models()), pack(truth))
    assert result["missed"] == 2
    assert result["error"]["all"] == pytest.approx(0, abs=1e-3)


def test_a_pack_in_which_nothing_was_found_has_no_figures(pack):
    result = dense_results(FacePipeline(World(lambda index: []).models()), pack(faces(2)))
    assert result["missed"] == 2
    assert result["error"]["all"] is result["sigma"]["within_1"] is result["eyes"]["blink"]["each_eye"] is None


def test_errors_count_by_part_over_the_outer_corners_of_the_eyes():
    labels = face_points(150, 150, 40)[None].astype(np.float64)
    assert np.linalg.norm(np.subtract(*labels[0, OUTER_CORNERS])) == pytest.approx(EYES_PX, abs=1e-3)
    points = labels.copy()
    points[0, PARTS["brows"]] += [3, 4]
    errors = point_errors(points, labels)
    assert errors["brows"] == pytest.approx(500 / EYES_PX, abs=1e-3)
    assert errors["all"] == pytest.approx(500 / EYES_PX * 10 / 49, abs=1e-3)
    assert errors["nose"] == errors["eyes"] == errors["lips"] == 0


def test_the_parts_hold_every_inner_point_once():
    assert sorted(index for indices in PARTS.values() for index in indices) == list(range(49))
    assert {part: len(indices) for part, indices in PARTS.items()} == {"brows": 10, "nose": 9, "eyes": 12, "lips": 18}


def test_a_point_without_a_label_does_not_count():
    labels = face_points(150, 150, 40)[None].astype(np.float64)
    points = labels + 5
    points[0, PARTS["nose"]] = labels[0, PARTS["nose"]]
    labels[0, PARTS["nose"][0]] = np.nan
    assert point_errors(points, labels)["nose"] == 0


def test_correlation_leaves_out_eyes_that_are_turned_away():
    truth = np.array([[0.1, 0.1], [0.2, 0.3], [0.3, 0.2], [0.9, 0.4]])
    ours = 2 * truth
    ours[3, 0] = np.nan
    assert correlations(ours, truth) == {"eyes": 7, "each_eye": pytest.approx(1), "both_eyes": pytest.approx(1)}
    assert correlations(-truth, truth)["each_eye"] == pytest.approx(-1)
    assert correlations(np.full((4, 2), 0.3), truth)["each_eye"] is None


def test_a_model_of_49_points_has_no_error_of_68(pack):
    truth = faces(2)
    result = dense_results(FacePipeline(World(lambda index: [truth[index].astype(np.float32)]).models()), pack(truth))
    assert result["error_68"] is None
    assert result["pasted"] is None
    assert result["peers"] == {}


def test_the_shares_within_sigma_are_told_by_part(pack):
    truth = faces(3)
    moved = truth.copy()
    moved[:, PARTS["brows"]] += [5, 5]
    world = World(lambda index: [moved[index].astype(np.float32)])
    parts = dense_results(FacePipeline(world.models()), pack(truth))["sigma"]["parts"]
    assert parts == {"brows": [0, 0], "nose": [100, 100], "eyes": [100, 100], "lips": [100, 100]}
