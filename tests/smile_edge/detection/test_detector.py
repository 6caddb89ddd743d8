"""The detector class: sizes, tiles, thresholds, pixels of the frame."""

import numpy as np
import pytest
from detector_maps import SIDE, face_at, maps_of

from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.tiling import TILE_PX
from smile_edge.errors import ManifestMismatchError, UsageError
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.testing import FakeSession

PARAMETERS = {
    "strides": [8, 16, 32],
    "score_threshold": 0.5,
    "candidate_threshold": 0.2,
    "nms_iou": 0.45,
    "long_side": SIDE,
    "image_long_sides": [SIDE, 2 * SIDE],
}


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
