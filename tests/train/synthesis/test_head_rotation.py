"""Heads turned aside and bent: the turning, the folder that keeps them, and what canvases and crops make of them."""

import json
import sys

import cv2
import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.augmentation.copy_paste import paste_head
from train.data.cut_out_heads import HEADS, Head, load_heads
from train.data.instances import Instances
from train.data.samples import FaceSample
from train.errors import DataError
from train.synthesis.head_dataset import head_crops
from train.synthesis.head_rotation import MESH_POINTS, bent_head, bent_points, head_yaw, turned_head, turned_points
from train.synthesis.rotate_heads import bent_box, face_box, turn_heads, wanted_yaw

SIDE, WIDTH, MIDDLE = 200, 72.0, np.array([100.0, 110.0])
NOSE, LEFT_CHEEK, RIGHT_CHEEK = (100, 110), (84, 120), (116, 120)


def bulging_mesh() -> np.ndarray:
    """Half of an ellipsoid from the front, with the sides, the forehead, the brows and the chin in their places."""
    rng = np.random.default_rng(0)
    radius, angle = np.sqrt(rng.random(MESH_POINTS)), rng.uniform(0, 2 * np.pi, MESH_POINTS)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    for index, place in {234: (-1, 0), 454: (1, 0), 10: (0, -1), 152: (0, 1), 9: (0, -0.4)}.items():
        x[index], y[index] = place
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    half = WIDTH / 2
    return np.stack([MIDDLE[0] + half * x, MIDDLE[1] + 1.2 * half * y, half * depth], 1).astype(np.float32)


def marked_face() -> np.ndarray:
    """Grey, the nose green, the cheek on the image's left blue and that on its right red."""
    image = np.full((SIDE, SIDE, 3), 128, np.uint8)
    for place, colour in ((NOSE, (0, 255, 0)), (LEFT_CHEEK, (255, 0, 0)), (RIGHT_CHEEK, (0, 0, 255))):
        cv2.circle(image, place, 5, colour, -1)
    return image


def place_of(image: np.ndarray, channel: int, axis: int) -> float | None:
    """The mean row (axis 0) or column (1) of what is purely of one colour, None where nothing is."""
    others = np.delete(image[..., :3], channel, 2).max(2)
    places = np.nonzero((image[..., channel] > 200) & (others < 60) & (image[..., 3] > 200))[axis]
    return float(places.mean()) if len(places) else None


def column_of(image: np.ndarray, channel: int) -> float | None:
    """The mean column of a colour."""
    return place_of(image, channel, 1)


def test_turned_points_have_the_yaw_that_was_asked_for():
    mesh = bulging_mesh()
    assert head_yaw(mesh) == pytest.approx(0, abs=1e-6)
    assert head_yaw(turned_points(mesh, np.radians(70))) == pytest.approx(np.radians(70), abs=1e-4)


@pytest.mark.parametrize("side", [1, -1])
def test_a_head_that_turns_shows_one_cheek_and_hides_the_other(side):
    cut = turned_head(marked_face(), bulging_mesh(), side * np.radians(75))
    near, far = (0, 2) if side > 0 else (2, 0)
    assert column_of(cut, far) is None
    nose, cheek = column_of(cut, 1), column_of(cut, near)
    assert nose is not None
    assert cheek is not None
    assert side * (nose - MIDDLE[0]) > 0.25 * WIDTH
    assert side * (nose - cheek) > 0.1 * WIDTH


def test_marks_of_a_turned_head_lie_where_its_points_do():
    mesh = bulging_mesh()
    mesh[4] = [*NOSE, WIDTH / 2]
    cut = turned_head(marked_face(), mesh, np.radians(50))
    assert column_of(cut, 1) == pytest.approx(turned_points(mesh, np.radians(50))[4, 0], abs=3)


@pytest.mark.parametrize("degrees", [-35, 20, 35])
def test_marks_of_a_bent_head_lie_where_its_points_do(degrees):
    mesh = bulging_mesh()
    mesh[4] = [*NOSE, WIDTH / 2]
    moved = bent_points(mesh, np.radians(degrees))[4]
    assert np.sign(moved[1] - NOSE[1]) == np.sign(degrees)
    assert moved[0] == NOSE[0]
    assert place_of(bent_head(marked_face(), mesh, np.radians(degrees)), 1, 0) == pytest.approx(moved[1], abs=3)


def test_a_head_that_is_bent_down_has_its_crown():
    alpha = bent_head(marked_face(), bulging_mesh(), np.radians(40))[: int(MIDDLE[1]), :, 3] > 127
    (outline,), _ = cv2.findContours(alpha.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    assert cv2.contourArea(outline) > 0.97 * cv2.contourArea(cv2.convexHull(outline))
    top = np.nonzero(alpha.any(1))[0][0]
    assert alpha[top + 3].sum() < 0.8 * alpha[top + 20].sum()


@pytest.mark.parametrize("cut", [turned_head, bent_head])
def test_what_is_far_from_the_head_is_not_cut_out(cut):
    alpha = cut(marked_face(), bulging_mesh(), np.radians(45))[..., 3]
    assert max(alpha[5].max(), alpha[:, 5].max(), alpha[:, -5].max()) == 0
    assert alpha[110, 100] == 255


def test_a_head_is_turned_further_to_the_side_it_looks_to():
    rng = np.random.default_rng(0)
    assert all(np.radians(65) <= wanted_yaw(np.radians(50), rng) <= np.radians(102) for _ in range(20))
    assert all(wanted_yaw(np.radians(-20), rng) <= -np.radians(48) for _ in range(20))
    assert {float(np.sign(wanted_yaw(0.0, rng))) for _ in range(20)} == {-1.0, 1.0}


def test_the_box_of_a_profile_reaches_beyond_the_mesh_in_front_and_above():
    mesh = np.array([[10, 20, 0], [60, 90, 0]], np.float32)
    assert face_box(mesh, 100.0, 1.0).tolist() == [13, 2, 53, 88]
    assert face_box(mesh, 100.0, -1.0).tolist() == [4, 2, 53, 88]


def test_the_box_of_a_bent_head_reaches_above_the_mesh_by_what_is_seen_of_the_forehead():
    mesh = np.array([[10, 20, 0], [60, 90, 0]], np.float32)
    up, ahead, down = (bent_box(mesh, 100.0, np.radians(degrees)) for degrees in (-90, 0, 45))
    assert up.tolist() == [10, 20, 50, 70]
    assert ahead.tolist() == [10, 2, 50, 88]
    assert 2 - 8 < down[1] < 2


@pytest.fixture
def mediapipe(tmp_path):
    """An environment whose Python answers every call of the worker with the same mesh."""
    folder = tmp_path / "env" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "fake.py"}" "$2" "$3"\n')
    (folder / "python").chmod(0o755)
    (folder / "fake.py").write_text(
        "import sys, numpy\n"
        f"mesh = numpy.load({str(folder / 'mesh.npy')!r})\n"
        "numpy.save(sys.argv[2], numpy.stack([mesh] * len(numpy.load(sys.argv[1]))))\n"
    )
    return folder


def face_sample(folder, name="a.png"):
    """A face in the middle of a picture of 100 pixels, 35 px large."""
    cv2.imwrite(str(folder / name), np.full((100, 100, 3), 120, np.uint8))
    targets = np.zeros((51, 3), np.float32)
    targets[[49, 50, 13, 31, 37]] = [[35, 40, 1], [65, 40, 1], [50, 58, 1], [40, 75, 1], [60, 75, 1]]
    return FaceSample(folder / name, targets, "somebody", "mtfl")


def mesh_of_the_sample(off: float = 0.0) -> np.ndarray:
    """Its mesh in a crop of 4 face sizes, or one that lies `off` px beside it."""
    scale = 256 / (4 * 35)
    mesh = (bulging_mesh() - [*MIDDLE, 0]) * (62 * scale / WIDTH) + [127.5, 127.5, 0]
    for place, indices in (
        ((35, 40), (33, 160, 158, 133, 153, 144)),
        ((65, 40), (362, 385, 387, 263, 373, 380)),
        ((50, 58), (4,)),
        ((40, 75), (61,)),
        ((60, 75), (291,)),
    ):
        mesh[list(indices), :2] = (np.array(place) - [50, 57.6]) * scale + 127.5
    mesh[:, 0] += off
    return mesh.astype(np.float32)


def test_heads_of_labelled_faces_are_made_and_listed(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.CROP_SCALE", (4, 4))
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups: np.zeros(len(groups), bool))
    np.save(mediapipe / "mesh.npy", mesh_of_the_sample())
    samples = [face_sample(tmp_path, "a.png"), face_sample(tmp_path, "b.png")]
    assert turn_heads(samples, mediapipe.parent, tmp_path / "out") == {"faces": 2, "heads": 4}
    heads = load_heads([tmp_path / "out"])
    assert len(heads) == 4
    assert all(head.image[..., 3].max() == 255 for head in heads)
    records = [json.loads(line) for line in (tmp_path / "out" / HEADS).read_text().splitlines()]
    assert [record["source"] for record in records] == ["mtfl/a.png"] * 2 + ["mtfl/b.png"] * 2
    assert all(48 <= abs(record["yaw"]) <= 102 for record in records[::2])
    assert all(15 <= abs(record["pitch"]) <= 50 for record in records[1::2])


def test_heads_that_are_there_already_stay(tmp_path, mediapipe):
    (tmp_path / HEADS).write_text("kept")
    with pytest.raises(DataError, match="holds heads already"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path)
    assert (tmp_path / HEADS).read_text() == "kept"


def test_a_mesh_of_another_face_makes_no_head(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.CROP_SCALE", (4, 4))
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups: np.zeros(len(groups), bool))
    np.save(mediapipe / "mesh.npy", mesh_of_the_sample(off=40))
    with pytest.raises(DataError, match="no head could be turned"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path / "out")


def test_a_mediapipe_that_fails_is_one_line(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups: np.zeros(len(groups), bool))
    with pytest.raises(DataError, match=r"MediaPipe: .*mesh.npy.*--setup-mediapipe"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path / "out")


def green_head() -> Head:
    """A green disc with the 49 points in the middle of it."""
    image = np.zeros((100, 100, 4), np.uint8)
    cv2.circle(image, (50, 50), 35, (0, 255, 0, 255), -1)
    dense = np.tile(np.array([50, 60], np.float32), (49, 1))
    dense[:31] = [48, 42]
    dense[TOPOLOGY_49.groups["left_eye"], 0] = 56
    five = TOPOLOGY_49.five_points(dense)[None]
    return Head(image, np.array([[30, 25, 40, 50]], np.float32), five, np.zeros(1, bool), "heads", dense=dense)


def test_heads_are_read_as_they_were_written(tmp_path):
    head = green_head()
    (tmp_path / "heads").mkdir()
    cv2.imwrite(str(tmp_path / "heads" / "0.png"), head.image)
    line = {"file": "0.png", "box": head.boxes[0].tolist(), "points": head.dense.tolist()}
    (tmp_path / HEADS).write_text(json.dumps(line) + "\n")
    (read,) = load_heads([tmp_path])
    np.testing.assert_array_equal(read.image, head.image)
    np.testing.assert_allclose(read.boxes, head.boxes)
    np.testing.assert_allclose(read.points, head.points)


def test_a_folder_without_heads_is_one_line(tmp_path):
    with pytest.raises(DataError, match="expected a folder that `python -m train turn` wrote"):
        load_heads([tmp_path])


def test_a_head_without_alpha_is_one_line(tmp_path):
    (tmp_path / "heads").mkdir()
    cv2.imwrite(str(tmp_path / "heads" / "0.png"), np.zeros((9, 9, 3), np.uint8))
    (tmp_path / HEADS).write_text(json.dumps({"file": "0.png", "box": [0, 0, 1, 1], "points": [[0, 0]] * 49}))
    with pytest.raises(DataError, match="alpha channel"):
        load_heads([tmp_path])


def test_a_head_takes_the_place_of_a_face_or_stands_beside_it():
    box = np.array([[70, 70, 50, 60]], np.float32)
    kept = 0
    for seed in range(30):
        piece = np.full((192, 192, 3), 100, np.uint8)
        faces = Instances(
            box.copy(), np.full((1, 5, 2), np.nan, np.float32), np.zeros(1), np.ones(1), np.zeros(1, bool)
        )
        made = paste_head(piece, faces, green_head(), np.random.default_rng(seed))
        green = (piece[..., 1].astype(int) - piece[..., 2]) > 60
        middle = made.boxes[-1, :2] + made.boxes[-1, 2:] / 2
        rows, columns = np.nonzero(green)
        np.testing.assert_allclose(middle, [columns.mean(), rows.mean()], atol=8)
        kept += len(made.boxes) == 2
    assert 3 < kept < 27


def test_crops_of_heads_keep_their_points_and_boxes():
    behind = np.full((1, 160, 160, 3), 90, np.uint8)
    mined, points = head_crops([green_head()] * 5, behind, [np.full((50, 80, 3), 90, np.uint8)])
    assert mined.crops.shape == (5, 160, 160, 3)
    assert set(mined.labels) == {1}
    for crop, box, told in zip(mined.crops, mined.boxes, points, strict=True):
        rows, columns = np.nonzero(crop[..., 1] > 200)
        np.testing.assert_allclose(box[:2] + box[2:] / 2, [columns.mean(), rows.mean()], atol=6)
        assert (crop[np.rint(told[:, 1]).astype(int), np.rint(told[:, 0]).astype(int), 1] > 200).all()
