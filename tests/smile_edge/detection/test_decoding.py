"""What training encodes, the runtime decodes; overlapping detections are merged."""

import numpy as np
import pytest
from detector_maps import face_at, maps_of

from smile_edge.detection.decoding import ANGLE_BINS, bin_angles, cell_centres, decode, decode_batch, suppress
from smile_edge.topology import TOPOLOGY_49
from train.data.instances import Instances
from train.synthesis.cartoon_faces import TEMPLATE


@pytest.mark.parametrize("size", [6.0, 20.0, 45.0])
@pytest.mark.parametrize("degrees", [0, 50, 133, -170])
def test_what_training_encodes_the_runtime_decodes(size, degrees):
    faces = face_at(size, degrees)
    boxes, scores, points = decode(maps_of(faces), threshold=0.5, iou_threshold=0.45)
    assert len(scores) == 1
    np.testing.assert_allclose(boxes[0], faces.boxes[0], atol=0.15)
    np.testing.assert_allclose(points[0], faces.points[0], atol=0.15)


def test_two_faces_that_hardly_overlap_are_both_kept_best_first():
    near, far = face_at(12, 0), face_at(20, 90)
    far.boxes[:, :2] += 70
    maps = maps_of(Instances.join([near, far]))
    maps[8][0][maps[8][0] > 0] = 6
    boxes, scores, _ = decode(maps, threshold=0.5, iou_threshold=0.45)
    assert len(boxes) == 2
    assert scores[0] > scores[1]


def test_cells_that_see_a_face_upside_down_do_not_pull_its_points_together():
    upright = TOPOLOGY_49.five_points(TEMPLATE) * 40 + 100
    inverted = 200 - upright
    box = np.array([60, 50, 80, 100], np.float32)
    points = np.stack([inverted, upright, upright]).astype(np.float32)  # the best cell is one against two
    boxes, scores, found = suppress(
        np.stack([box] * 3), np.array([0.9, 0.8, 0.8], np.float32), points, threshold=0.3, iou_threshold=0.45
    )
    np.testing.assert_allclose(boxes, [box], rtol=1e-5)
    assert scores == pytest.approx(0.9)
    np.testing.assert_allclose(found[0], upright, atol=0.01)


def test_cells_that_cannot_agree_on_a_turn_still_give_points():
    upright = TOPOLOGY_49.five_points(TEMPLATE) * 40 + 100
    box = np.array([[60, 50, 80, 100]] * 2, np.float32)
    points = np.stack([upright, 200 - upright]).astype(np.float32)
    found = suppress(box, np.full(2, 0.9, np.float32), points, threshold=0.3, iou_threshold=0.45)[2]
    np.testing.assert_allclose(found[0].mean(0), [100, 100], atol=0.5)


def test_images_decoded_together_give_what_each_gives_by_itself():
    images = [maps_of(face_at(20, 50)), maps_of(face_at(45, 133)), maps_of(face_at(12, -90))]
    images[1] = {stride: np.full_like(level, -9) for stride, level in images[1].items()}
    together = {stride: np.stack([maps[stride] for maps in images]) for stride in images[0]}

    found = decode_batch(together, threshold=0.5, iou_threshold=0.45)

    assert [len(scores) for _, scores, _ in found] == [1, 0, 1]
    for one, maps in zip(found, images, strict=True):
        for mine, alone in zip(one, decode(maps, threshold=0.5, iou_threshold=0.45), strict=True):
            np.testing.assert_array_equal(mine, alone)


def test_no_cell_above_the_threshold_gives_no_face():
    maps = {stride: np.full((27, 4, 4), -9, np.float32) for stride in (8, 16, 32)}
    assert [len(part) for part in decode(maps, threshold=0.5, iou_threshold=0.45)] == [0, 0, 0]


def test_angle_bins_are_averaged_across_the_wrap():
    logits = np.full((1, ANGLE_BINS), -20, np.float32)
    logits[0, [0, 11]] = 0
    np.testing.assert_allclose(np.degrees(bin_angles(logits)), -15, atol=1e-3)


def test_cell_centres_lie_half_a_stride_in_from_the_edges():
    centres = cell_centres(2, 3, 8)
    assert centres[0].tolist() == [3.5, 3.5]
    assert centres[-1].tolist() == [19.5, 11.5]
