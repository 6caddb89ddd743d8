"""Training of the landmarker of 70 points, on generated faces. Needs TensorFlow."""

import csv
import json
from functools import partial
from itertools import count

import numpy as np
import pytest
from teacher_label_files import write_teacher_labels

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_a_run_is_written_resumed_and_started_from(packs, tmp_path, monkeypatch):
    from train.engine.loop import FitConfig, fit
    from train.landmarks.dense_run import train_dense_landmarks

    monkeypatch.setattr("train.landmarks.dense_run.fit", partial(fit, now=count().__next__))  # a second a step
    labels, out = write_teacher_labels(tmp_path / "labels", packs), tmp_path / "run"
    train_dense_landmarks(packs, labels, FitConfig(out, minutes=0.1, epoch_steps=4), batch=8)
    config = json.loads((out / "config.json").read_text())
    assert (config["crop_scale"], config["crop_shift"]) == (2.8, 0.2)
    train_dense_landmarks(packs, labels, FitConfig(out, minutes=0.2, epoch_steps=4, resume=True), batch=8)
    with (out / "history.csv").open() as stream:
        assert [float(row["step"]) for row in csv.DictReader(stream)] == [4, 6, 10, 12]
    epochs = [json.loads(line) for line in (out / "epochs.jsonl").read_text().splitlines()]
    assert len(epochs) == 4
    assert np.isfinite(epochs[-1]["error"])
    on = FitConfig(tmp_path / "on", minutes=0.05, epoch_steps=3)
    assert np.isfinite(train_dense_landmarks(packs, labels, on, batch=8, init=out / "last.keras")["error"])


def test_masks_hide_the_mouth_and_flags_in_part_say_nothing():
    from train.data.formats.teacher_labels import TeacherLabels
    from train.landmarks.dense_run import visible_points

    flags = np.array([-1, 0, 1, 2])
    targets = np.ones((4, 75, 3), np.float32)
    targets[0, 5, 2] = 0.1
    nothing = np.zeros((4, 51), np.float32)
    visible = visible_points(TeacherLabels([], nothing, nothing, flags, np.ones(4, bool)), targets, "masks")
    assert visible[:, 60].tolist() == [1, 1, -1, 0]
    assert visible[:, 40].tolist() == [1, 1, -1, 1]
    assert visible[0, 5] == -1
