"""Faces without a label: found beside the labels, kept by scene, ignored by the detector's training."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from train.errors import DataError
from train.scenes import load_scenes, read_scenes
from train.unlabelled import LOWEST_BOXED, LOWEST_POINTED, find_unlabelled, load_unlabelled

LABELLED, BESIDE, INSIDE = (20, 20, 40, 40), (100, 20, 30, 30), (25, 25, 20, 20)


@pytest.fixture
def boxed(tmp_path):
    folder = tmp_path / "boxed"
    (folder / "images").mkdir(parents=True)
    rows = []
    for index in range(3):
        cv2.imwrite(str(folder / "images" / f"{index}.png"), np.full((80, 160, 3), 90, np.uint8))
        rows += [f"{index}.png", "1", " ".join(map(str, LABELLED)) + " 0 0 0 0 0 0"]
    (folder / "wider_face_bbx_gt.txt").write_text("\n".join(rows))
    return folder


@pytest.fixture
def pointed(tmp_path):
    folder = tmp_path / "pointed"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((80, 160, 3), 90, np.uint8))
    five = "30 50 40 32 48 32 32 41 52 52"  # x1..x5 y1..y5
    (folder / "training.txt").write_text("".join(f"{index}.png {five} 0 0 0 0\n" for index in range(3)))
    return folder


class Pipeline:
    """Sees the same boxes everywhere, those whose score reaches the threshold."""

    def __init__(self, **scores):
        self.threshold = 0.6
        self.seen = [(globals()[name], score) for name, score in scores.items()]

    def process(self, image):
        kept = [(box, score) for box, score in self.seen if score >= self.threshold]
        return SimpleNamespace(faces=[SimpleNamespace(box=np.array(b, np.float32), score=s) for b, s in kept])


def test_what_is_found_beside_the_labels_is_written_in_pixels_of_the_scene(boxed, tmp_path):
    pipeline = Pipeline(LABELLED=0.9, BESIDE=0.8)
    counts = find_unlabelled(pipeline, [boxed], tmp_path / "out" / "faces.json")
    places = load_unlabelled([tmp_path / "out" / "faces.json"])
    assert counts["faces"] == counts["scenes"] == len(places) > 0
    assert all(boxes.tolist() == [list(BESIDE)] for boxes in places.values())
    assert pipeline.threshold == 0.6


def test_a_part_of_a_labelled_face_is_nobody_else(boxed, tmp_path):
    assert find_unlabelled(Pipeline(INSIDE=0.9), [boxed], tmp_path / "faces.json")["faces"] == 0


def test_where_labels_are_missing_by_design_a_lower_score_will_do(boxed, pointed, tmp_path):
    doubtful = Pipeline(BESIDE=(LOWEST_BOXED + LOWEST_POINTED) / 2)
    assert find_unlabelled(doubtful, [boxed], tmp_path / "boxed.json")["faces"] == 0
    assert find_unlabelled(doubtful, [pointed], tmp_path / "pointed.json")["faces"] > 0


def test_a_pack_without_faces_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="no faces"):
        find_unlabelled(Pipeline(BESIDE=0.9), [tmp_path], tmp_path / "faces.json")


@pytest.mark.parametrize("content", ["[1, 2]", "no json", '{"a": [[1, 2]]}'])
def test_a_file_of_something_else_names_the_command_that_makes_it(tmp_path, content):
    (tmp_path / "faces.json").write_text(content)
    with pytest.raises(DataError, match="train unlabelled --out"):
        load_unlabelled([tmp_path / "faces.json"])


def test_scenes_hold_them_after_their_own_faces_to_be_ignored(boxed):
    samples = read_scenes([boxed])
    beside = {"boxed/1.png": np.array([BESIDE], np.float32)}
    sure = {f"boxed/{index}.png": np.array([0.4], np.float32) for index in range(3)}
    plain, joined, _ = load_scenes(samples, sureness=sure, unlabelled=beside)
    np.testing.assert_array_equal(joined.boxes, [LABELLED, BESIDE])
    assert joined.ignore.tolist() == [False, True]
    assert joined.points.shape == (2, 5, 2)
    assert np.isnan(joined.points[1]).all()
    assert joined.sureness is not None
    assert joined.sureness.tolist() == [np.float32(0.4), 1.0]
    assert len(plain.boxes) == 1
