"""`python -m train measures`: what it refuses, and that its constants are those that the runtime reads."""

import numpy as np
import pytest

from smile_edge.cli.run_app import exit_code
from smile_edge.measures.constants import constants
from train.__main__ import app
from train.measures import run
from train.measures.predictions import LabelledFaces
from train.measures.readout import blink, openness, read_poses, smile_logit
from train.synthesis.cartoon_faces import write_packs


@pytest.fixture
def packs(tmp_path):
    """An MTFL pack where every second face smiles, and dense points of people."""
    mtfl, dense, *_ = write_packs(tmp_path / "packs", 4)
    lines = (mtfl / "training.txt").read_text().splitlines()
    (mtfl / "training.txt").write_text("\n".join(f"{line[:-7]}1 {1 + n % 2} 2 3" for n, line in enumerate(lines)))
    human = dense.rename(dense.with_name("w300"))
    return mtfl, human


def refused(capsys, *words) -> str:
    """The one line that a command ends with."""
    code = exit_code(lambda: app(["measures", *map(str, words)], standalone_mode=False), "train")
    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1
    return lines[0]


def test_packs_without_smile_labels_are_one_line(capsys, tmp_path, packs):
    _, human = packs
    line = refused(capsys, "--data", human, "--mediapipe", tmp_path, "--out", tmp_path / "m.npz")
    assert "no smile labels in --data" in line


def test_smile_labels_that_are_all_the_same_are_one_line(capsys, tmp_path, packs):
    mtfl, human = packs
    text = (mtfl / "training.txt").read_text()
    (mtfl / "training.txt").write_text(text.replace("1 2 2 3", "1 1 2 3"))
    line = refused(capsys, "--data", mtfl, "--data", human, "--mediapipe", tmp_path, "--out", tmp_path / "m.npz")
    assert "no smile labels in --data" in line


def test_packs_without_points_of_people_are_one_line(capsys, tmp_path, packs):
    mtfl, human = packs
    other = human.rename(human.with_name("aaf"))
    line = refused(capsys, "--data", mtfl, "--data", other, "--mediapipe", tmp_path, "--out", tmp_path / "m.npz")
    assert "add a pack named w300" in line


def test_packs_without_faces_are_one_line(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    line = refused(capsys, "--data", tmp_path / "empty", "--mediapipe", tmp_path, "--out", tmp_path / "m.npz")
    assert "no labelled faces in --data" in line


def test_an_environment_without_mediapipe_is_one_line(capsys, tmp_path, packs):
    mtfl, human = packs
    line = refused(capsys, "--data", mtfl, "--data", human, "--mediapipe", tmp_path, "--out", tmp_path / "m.npz")
    assert "--setup-mediapipe" in line


def test_another_kind_of_file_is_one_line(capsys, tmp_path, packs):
    line = refused(capsys, "--data", packs[0], "--mediapipe", tmp_path, "--out", tmp_path / "m.json")
    assert "ends in .npz" in line


def test_smile_labels_are_those_of_the_pack(packs):
    expected = {("mtfl", f"images/{number:03d}.png"): number % 2 == 0 for number in range(4)}
    assert run.smile_labels(packs) == expected


@pytest.fixture(scope="module")
def fitted(make_faces, make_heads):
    """Everything fitted to made faces, and what was scored on held-out ones."""
    made = make_faces(150)
    human, machine = made.labelled("w300"), make_faces(90, 1).labelled("mtfl")
    faces = LabelledFaces.concatenate([human, machine, make_faces(60, 2).labelled("five", five_only=True)])
    smiling = (make_faces(90, 1).codes[:, 2] > 0).tolist()
    smiles = {("mtfl", name): smile for name, smile in zip(machine.names.tolist(), smiling, strict=True)}
    found, scores = run.fit_to(faces, make_heads(40), [f"head {index}" for index in range(40)], smiles)
    return found, scores, made


def test_the_constants_are_those_that_the_runtime_reads(fitted):
    shipped = constants.__globals__["_all"]()
    found = fitted[0]
    assert list(found) == list(shipped)
    for name, value in found.items():
        assert value.shape == shipped[name].shape, name
        assert value.dtype == (np.float16 if value.size > 90 else np.float32), name


def test_what_was_fitted_tells_shut_eyes_and_smiles(fitted):
    found, _, made = fitted
    poses = read_poses(found, made.points)
    shut = blink(found, openness(found, made.points, poses))
    seen = np.isfinite(shut)
    assert shut[(made.codes[:, :1] == 1) & seen].mean() > shut[(made.codes[:, :1] == 0) & seen].mean() + 0.4
    assert np.corrcoef(smile_logit(found, made.points), made.codes[:, 2])[0, 1] > 0.7


def test_scores_are_of_faces_held_out(fitted):
    scores = fitted[1]
    assert set(scores["pose"]["degrees on people held out"]) == {"turned heads", "w300", "mtfl"}
    assert scores["pose"]["degrees from the teacher"] < 5
    assert scores["smile"]["area under curve"] > 0.8
