"""Training of the landmarker, on generated faces. Needs TensorFlow."""

import csv
import json
from functools import partial
from itertools import count

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_landmark_training_writes_a_run_and_resumes_it(packs, tmp_path, monkeypatch):
    from train.engine.loop import FitConfig, fit
    from train.landmarks.run import train_landmarks

    monkeypatch.setattr("train.landmarks.run.fit", partial(fit, now=count().__next__))  # a second a step
    out = tmp_path / "run"
    train_landmarks(packs, FitConfig(out, minutes=0.1, epoch_steps=4), batch=8)
    first = json.loads((out / "metrics.json").read_text())
    assert np.isfinite(first["error"])
    written = {"best.keras", "last.keras", "last.npz", "history.csv", "curve.png", "config.json"}
    assert {p.name for p in out.iterdir()} >= written
    train_landmarks(packs, FitConfig(out, minutes=0.2, epoch_steps=4, resume=True), batch=8)
    with (out / "history.csv").open() as stream:
        assert [float(row["step"]) for row in csv.DictReader(stream)] == [4, 6, 10, 12]


def test_a_teacher_takes_part_and_its_opinion_is_kept(packs, tmp_path, monkeypatch):
    from smile_edge.runtime.manifest import find_models
    from train.engine.loop import FitConfig, fit
    from train.landmarks.run import train_landmarks

    monkeypatch.setattr("train.landmarks.run.fit", partial(fit, now=count().__next__))
    train_landmarks(packs, FitConfig(tmp_path / "run", minutes=0.05, epoch_steps=3), batch=8, teacher=find_models())
    (kept,) = (tmp_path / "cache").glob("taught-*.npy")
    assert np.load(kept).shape[1:] == (49, 3)
    with (tmp_path / "run" / "history.csv").open() as stream:
        assert all(np.isfinite(float(row["taught_loss"])) for row in csv.DictReader(stream))


def test_heads_turned_aside_take_part_in_both_trainings(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.landmarks.run import train_landmarks
    from train.synthesis.cartoon_faces import write_heads

    heads = [write_heads(tmp_path / "heads", 6)]
    detector, landmarks = (FitConfig(tmp_path / name, minutes=0.05, epoch_steps=3) for name in ("d", "l"))
    assert np.isfinite(train_detector(packs, detector, batch=4, canvas_px=96, heads=heads)["error"])
    assert np.isfinite(train_landmarks(packs, landmarks, batch=8, heads=heads)["error"])
    with (landmarks.out / "history.csv").open() as stream:
        assert any(float(row["taught_loss"]) > 0 for row in csv.DictReader(stream))


def test_packs_without_faces_are_refused(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.errors import DataError
    from train.landmarks.run import train_landmarks

    for work in (train_landmarks, train_detector):
        with pytest.raises(DataError, match="faces"):
            work([packs[3]], FitConfig(tmp_path, minutes=0.01))
