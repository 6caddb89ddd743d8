"""`python -m train label`: what it refuses, what it writes, and that it goes on."""

import json
import shutil

import numpy as np
import pytest
from taught_faces import mediapipe_environment, people_pack

from smile_edge.cli.run_app import exit_code
from smile_edge.runtime.manifest import find_models
from train.__main__ import app
from train.data.formats.dense import read_dense
from train.data.formats.teacher_labels import read_teacher_labels


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A pack of people's points, an environment and a task file."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "face_landmarker.task").write_bytes(b"task")
    people_pack(folder, 20)
    mediapipe_environment(folder / "env")
    return folder


def words(made, out, **other):
    """The command's, with some options changed."""
    options = {"data": made / "w300", "mediapipe": made / "env", "task": made / "face_landmarker.task", "out": out,
               "models": find_models()} | other  # fmt: skip
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


def run(*arguments) -> int:
    return exit_code(lambda: app(["label", *arguments], standalone_mode=False), "train")


def refused(capsys, *arguments) -> str:
    """The one line that a command ends with."""
    code = run(*arguments)
    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1
    return lines[0]


@pytest.fixture(scope="module")
def labels(made, packs):
    """The folder of labels of two packs, and that of what teachers said."""
    out, cache = made / "labels", made / "cache"
    assert run(*words(made, out, cache=cache), "--data", str(packs[0]), "--data", str(packs[3])) == 0
    return out, cache


def test_labels_are_those_that_training_reads(made, packs, labels):
    people, mtfl = read_teacher_labels(labels[0], [made / "w300", packs[0], packs[3]])
    points = np.array([sample.whole for sample in read_dense(made / "w300")])
    np.testing.assert_allclose([sample.targets[:68, :2] for sample in people.samples], points, atol=1e-3)
    assert people.valid.all()
    assert mtfl.samples[0].targets[70:, 2].all()
    assert all(sample.image.is_file() for sample in [*people.samples, *mtfl.samples])


def test_a_run_goes_on_from_what_teachers_said(made, labels, tmp_path, capsys):
    shutil.copytree(made / "env", tmp_path / "env")
    (tmp_path / "env" / "program.py").write_text("raise SystemExit('asked again')")
    assert run(*words(made, tmp_path / "labels", cache=labels[1], mediapipe=tmp_path / "env")) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["w300"] == {"faces": 20, "labelled": 20, "disagreement": summary["w300"]["disagreement"]}


def test_labels_that_are_there_already_stay(made, labels, capsys):
    line = refused(capsys, *words(made, labels[0]))
    assert "holds labels of w300 already: name another folder with --out" in line


def test_an_environment_that_is_none_is_one_line(made, capsys, tmp_path):
    line = refused(capsys, *words(made, tmp_path, mediapipe=tmp_path))
    assert "--setup-mediapipe" in line


def test_a_task_file_that_is_missing_is_one_line(made, capsys, tmp_path):
    line = refused(capsys, *words(made, tmp_path, task=tmp_path / "gone.task"))
    assert "gone.task is no file: download MediaPipe's face_landmarker.task" in line


def test_packs_without_peoples_points_are_one_line(made, packs, capsys, tmp_path):
    line = refused(capsys, *words(made, tmp_path, data=packs[0]))
    assert "add a pack named w300 with 68 points a face" in line


def test_two_packs_of_one_name_are_one_line(made, capsys, tmp_path):
    shutil.copytree(made / "w300", tmp_path / "w300")
    line = refused(capsys, *words(made, tmp_path / "out"), "--data", str(tmp_path / "w300"))
    assert "--data names two packs w300" in line


def test_a_mediapipe_that_fails_is_one_line(made, capsys, tmp_path):
    shutil.copytree(made / "env", tmp_path / "env")
    (tmp_path / "env" / "program.py").write_text("raise SystemExit('no model in the task file')")
    (tmp_path / "env" / "bin" / "python").write_text(
        (made / "env" / "bin" / "python").read_text().replace(str(made), str(tmp_path))
    )
    assert run(*words(made, tmp_path / "out", mediapipe=tmp_path / "env")) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "MediaPipe: no model in the task file: " in line
    assert "--task names" in line
    assert not (tmp_path / "out").exists()
