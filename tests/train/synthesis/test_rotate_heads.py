"""`train turn`: which angles, which boxes, which files."""

import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_heads import MIDDLE, WIDTH, bulging_mesh

from train.data.cut_out_heads import HEADS, load_heads
from train.data.samples import FaceSample
from train.errors import DataError
from train.synthesis.rotate_heads import _held_out, bent_box, face_box, turn_heads, wanted_yaw


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
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups, share: np.zeros(len(groups), bool))
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


def test_points_of_teachers_go_with_the_head(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.CROP_SCALE", (4, 4))
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups, share: np.zeros(len(groups), bool))
    np.save(mediapipe / "mesh.npy", mesh_of_the_sample())
    plain = face_sample(tmp_path)
    targets = np.tile(np.array([50, 58, 0.5], np.float32), (75, 1))
    targets[36, :2] = [35, 40]
    turn_heads([replace(plain, targets=targets, frame=plain.five())], mediapipe.parent, tmp_path / "out")
    turned, bent = load_heads([tmp_path / "out"])
    record = json.loads((tmp_path / "out" / HEADS).read_text().splitlines()[0])
    nose = turned.labels[30, :2]
    middle = turned.boxes[0, 0] + turned.boxes[0, 2] / 2
    assert (nose[0] > middle) == (record["yaw"] > 0)
    assert np.linalg.norm(nose - turned.dense[13]) < 5
    assert set(turned.labels[:, 2].tolist()) == {0.5}
    assert bool(turned.hidden[36]) == (record["yaw"] < 0)  # the far eye, and only then
    assert not bent.hidden[36]


def test_what_a_training_holds_out_makes_no_head(tmp_path):
    samples = [
        replace(face_sample(tmp_path), group=str(group), pack=pack) for pack in ("w300", "mtfl") for group in range(200)
    ]
    held = _held_out(samples)
    assert 0.12 < held[:200].mean() < 0.28
    assert 0 < held[200:].mean() < 0.1


def test_heads_that_are_there_already_stay(tmp_path, mediapipe):
    (tmp_path / HEADS).write_text("kept")
    with pytest.raises(DataError, match="holds heads already"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path)
    assert (tmp_path / HEADS).read_text() == "kept"


def test_a_mesh_of_another_face_makes_no_head(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.CROP_SCALE", (4, 4))
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups, share: np.zeros(len(groups), bool))
    np.save(mediapipe / "mesh.npy", mesh_of_the_sample(off=40))
    with pytest.raises(DataError, match="no head could be turned"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path / "out")


def test_a_mediapipe_that_fails_is_one_line(tmp_path, mediapipe, monkeypatch):
    monkeypatch.setattr("train.synthesis.rotate_heads.held_out_mask", lambda groups, share: np.zeros(len(groups), bool))
    with pytest.raises(DataError, match=r"MediaPipe: .*mesh.npy.*--setup-mediapipe"):
        turn_heads([face_sample(tmp_path)], mediapipe.parent, tmp_path / "out")
