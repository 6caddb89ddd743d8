"""The detector's code: what training encodes, the runtime decodes; images keep their scale and order."""

import numpy as np
import pytest

from smile_edge.detection.decoding import ANGLE_BINS, bin_angles, cell_centres, decode, suppress
from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.tiling import TILE_PX
from smile_edge.errors import ManifestMismatchError, UsageError
from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from smile_edge.imaging.letterbox import preprocess
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.testing import FakeSession
from smile_edge.topology import TOPOLOGY_49
from train.data.instances import Instances
from train.detector.target_assignment import COLUMNS, Cells, assign_targets
from train.synthesis.cartoon_faces import TEMPLATE

SIDE = 192
PARAMETERS = {
    "strides": [8, 16, 32],
    "score_threshold": 0.5,
    "candidate_threshold": 0.2,
    "nms_iou": 0.45,
    "long_side": SIDE,
    "image_long_sides": [SIDE, 2 * SIDE],
}


def face_at(size: float, degrees: float) -> Instances:
    matrix = similarity_about(np.zeros(2), np.array([90.0, 100.0]), size, np.radians(degrees))
    five = TOPOLOGY_49.five_points(apply_affine(matrix, TEMPLATE))
    angle = np.array([np.radians(degrees)])
    return Instances(average_box(five, LABELLED_BOX)[None], five[None], angle, np.ones(1), np.zeros(1, bool))


def maps_of(faces: Instances) -> dict[int, np.ndarray]:
    """The maps a perfect network would give."""
    cells = Cells.of(SIDE, SIDE)
    targets = {name: assign_targets(faces, cells)[:, columns] for name, columns in COLUMNS.items()}
    values = np.zeros((len(cells.centres), 27), np.float32)
    values[:, 0] = np.where(targets["positive"][:, 0] > 0, 4, -9)
    values[:, 1:3] = (targets["box"][:, :2] - cells.centres) / cells.strides
    values[:, 3:5] = np.log(np.maximum(targets["box"][:, 2:], 1) / cells.strides)
    values[:, 5:15] = targets["points"]
    apart = targets["angle"] / (2 * np.pi / ANGLE_BINS) - np.arange(ANGLE_BINS)
    apart = np.abs((apart + ANGLE_BINS / 2) % ANGLE_BINS - ANGLE_BINS / 2)
    values[:, 15:] = np.log(np.maximum(1 - apart, 1e-6))
    maps, start = {}, 0
    for stride in (8, 16, 32):
        side = SIDE // stride
        maps[stride] = values[start : start + side * side].reshape(side, side, 27).transpose(2, 0, 1)
        start += side * side
    return maps


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


def test_no_cell_above_the_threshold_gives_no_face():
    maps = {stride: np.full((27, 4, 4), -9, np.float32) for stride in (8, 16, 32)}
    assert [len(part) for part in decode(maps, threshold=0.5, iou_threshold=0.45)] == [0, 0, 0]


def test_an_ignored_face_is_neither_rewarded_nor_punished():
    faces = face_at(20, 0)
    faces.ignore[:] = True
    targets = assign_targets(faces, Cells.of(SIDE, SIDE))
    assert targets[:, COLUMNS["positive"]].sum() == 0
    assert (targets[:, COLUMNS["weight"]] == 0).any()


def test_a_canvas_without_faces_punishes_every_cell():
    none = Instances(np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    targets = assign_targets(none, Cells.of(SIDE, SIDE))
    assert (targets[:, COLUMNS["weight"]] == 1).all()


def test_angle_bins_are_averaged_across_the_wrap():
    logits = np.full((1, ANGLE_BINS), -20, np.float32)
    logits[0, [0, 11]] = 0
    np.testing.assert_allclose(np.degrees(bin_angles(logits)), -15, atol=1e-3)


def test_cell_centres_lie_half_a_stride_in_from_the_edges():
    centres = cell_centres(2, 3, 8)
    assert centres[0].tolist() == [3.5, 3.5]
    assert centres[-1].tolist() == [19.5, 11.5]


def test_small_images_are_not_enlarged_and_large_ones_fit():
    images = [np.zeros((50, 40, 3), np.uint8), np.zeros((400, 800, 3), np.uint8)]
    batch, scales = preprocess(images, 320, 32)
    assert batch.shape == (2, 3, 160, 320)
    assert scales == [1.0, 0.4]


def manifest(**parameters):
    return ModelManifest("detector", "face-detection", "detector.onnx", "0", 17, (), (), "five-points", "", parameters)


def test_detections_come_back_in_pixels_of_the_frame():
    maps = {f"level{stride}": level[None] for stride, level in maps_of(face_at(20, 90)).items()}
    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(lambda feeds: maps))
    small = detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8))[0]
    large = detector.detect(np.zeros((4 * SIDE, 4 * SIDE, 3), np.uint8))[0]
    np.testing.assert_allclose(large.points, 4 * (small.points + 0.5) - 0.5, rtol=1e-5)
    np.testing.assert_allclose(large.box[2:], 4 * small.box[2:], rtol=1e-5)


def test_a_thorough_look_merges_sizes_and_skips_those_that_add_nothing():
    sizes = []

    def answer(feeds):
        sizes.append(feeds["image"].shape[2:])
        rows = sizes[-1][0] // SIDE
        return {f"level{s}": np.tile(level, (1, rows, rows))[None] for s, level in maps_of(face_at(20, 0)).items()}

    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(answer))
    assert len(detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8), thorough=True)) == 1
    assert sizes == [(SIDE, SIDE)]
    found = detector.detect(np.zeros((2 * SIDE, 2 * SIDE, 3), np.uint8), thorough=True)
    assert sizes[1:] == [(SIDE, SIDE), (2 * SIDE, 2 * SIDE)]
    assert len(found) == 5  # one seen only at half size, four of the tiles


class Picture:
    """A session over pictures whose first pixel tells where they lie: one faint small face, seen in full from near."""

    def __init__(self, score: float) -> None:
        self.score, self.sizes = score, []

    def __call__(self, feeds):
        image = feeds["image"]
        self.sizes.append(image.shape)
        maps = {
            f"level{s}": np.full((len(image), 27, *(side // s for side in image.shape[2:])), -9.0) for s in (8, 16, 32)
        }
        level = maps["level8"]
        level[:, 1:] = 0
        for one, picture in zip(level, image, strict=True):
            if bright := np.argwhere(picture[0] == 255).tolist():
                row, column = np.mean(bright, 0)
                near = len(bright) > 4
                score = 0.9 if near else self.score
                one[0, int(row) // 8, int(column) // 8] = np.log(score / (1 - score))
                one[3:5, int(row) // 8, int(column) // 8] = np.log((20 if near else 10) / 8)
        return {name: level.astype(np.float32) for name, level in maps.items()}


def picture_with_a_spot(at):
    image = np.zeros((4 * SIDE, 4 * SIDE, 3), np.uint8)
    image[at : at + 8, at : at + 8] = 255
    return image


@pytest.mark.parametrize(("score", "tiles"), [(0.15, 1), (0.05, 0)])
def test_signs_of_small_faces_alone_get_a_closer_look(score, tiles):
    seen = Picture(score)
    detector = FaceDetector(manifest(**PARAMETERS, small_face_px=36, small_face_score=0.1), FakeSession(seen))

    found = detector.detect(picture_with_a_spot(400), thorough=True)

    assert seen.sizes == [(1, 3, SIDE, SIDE), (1, 3, TILE_PX, TILE_PX)][: 1 + tiles]
    assert len(found) == tiles
    if tiles:
        np.testing.assert_allclose(found[0].box[:2] + found[0].box[2:] / 2, [403.5, 403.5], atol=16)


def test_without_a_score_of_signs_the_closer_look_is_at_everything():
    seen = Picture(0.05)
    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(seen))

    assert len(detector.detect(picture_with_a_spot(400), thorough=True)) == 1
    assert seen.sizes == [(1, 3, SIDE, SIDE), (1, 3, 2 * SIDE, 2 * SIDE)]


def test_sizes_that_are_asked_for_are_looked_at_in_full():
    seen = Picture(0.05)
    detector = FaceDetector(manifest(**PARAMETERS, small_face_px=36, small_face_score=0.1), FakeSession(seen))

    detector.detect(picture_with_a_spot(400), long_sides=[SIDE, 2 * SIDE])

    assert seen.sizes == [(1, 3, SIDE, SIDE), (1, 3, 2 * SIDE, 2 * SIDE)]


def test_images_of_different_shapes_do_not_pad_each_other():
    seen = Picture(0.05)
    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(seen))

    detector.detect_batch([np.zeros(shape, np.uint8) for shape in ((96, 192, 3), (192, 96, 3), (90, 190, 3))])

    assert seen.sizes == [(2, 3, 96, 192), (1, 3, 192, 96)]


def test_no_images_give_no_results():
    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(lambda feeds: {}))
    assert detector.detect_batch([]) == []


def test_a_threshold_outside_its_range_is_a_usage_error():
    detector = FaceDetector(manifest(**PARAMETERS), FakeSession(lambda feeds: {}))
    with pytest.raises(UsageError, match="threshold"):
        detector.detect(np.zeros((64, 64, 3), np.uint8), threshold=1.5)


@pytest.mark.parametrize(("given", "in_streams", "in_pictures"), [({}, 0, 0), ({"stream_threshold": 0.5}, 1, 0)])
def test_streams_may_have_a_lower_threshold_than_pictures(given, in_streams, in_pictures):
    maps = {f"level{stride}": level[None] for stride, level in maps_of(face_at(20, 0)).items()}
    for level in maps.values():  # scores of 0.55
        level[:, 0] = np.where(level[:, 0] > 0, np.log(0.55 / 0.45), -9)
    detector = FaceDetector(manifest(**PARAMETERS | {"score_threshold": 0.6} | given), FakeSession(lambda feeds: maps))
    image = np.zeros((SIDE, SIDE, 3), np.uint8)

    assert len(detector.detect(image)) == in_streams
    assert len(detector.detect(image, thorough=True)) == in_pictures


def test_a_manifest_without_a_parameter_names_it():
    with pytest.raises(ManifestMismatchError, match="nms_iou"):
        FaceDetector(manifest(**{k: v for k, v in PARAMETERS.items() if k != "nms_iou"}), FakeSession(lambda feeds: {}))
