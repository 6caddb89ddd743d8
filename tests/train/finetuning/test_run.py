"""Fine-tuning on a user's own labels: what is labelled moves, what is not stays. Needs TensorFlow."""

import json
from functools import partial
from itertools import count

import numpy as np
import pytest
from fine_tuning_data import write_csv

from smile_edge.runtime.manifest import find_models
from smile_edge.topology import TOPOLOGY_70

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


@pytest.mark.parametrize("keep", [0.0, 10.0])
def test_labelled_points_move_and_the_others_only_without_a_hold(keep, start, tmp_path, monkeypatch):
    from train.engine.loop import FitConfig, fit
    from train.finetuning.run import finetune_landmarks

    if start != find_models():
        pytest.skip("needs models/landmarks.keras: an untrained network knows nothing to keep")
    data = write_csv(tmp_path / "data", 24, shift=(6, 0))
    config = FitConfig(tmp_path / "run", minutes=3, epoch_steps=45, learning_rate=1e-3)
    monkeypatch.setattr(
        "train.finetuning.run.fit", partial(fit, now=count(step=1).__next__)
    )  # 180 steps on any machine
    scores = finetune_landmarks([data], config, start / "landmarks.keras", batch=8, keep=keep)
    assert scores["error"] < scores["error_before"]
    assert (scores["moved"] < 2.5) == (keep > 0)
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert saved["moved"] == scores["moved"]


def test_a_fifth_of_few_faces_and_forty_of_many_are_held_out():
    from train.data.samples import held_out_share

    assert held_out_share(50) == held_out_share(200) == 0.2
    assert held_out_share(400) == 0.1
    assert held_out_share(100_000) == 0.04


@pytest.mark.parametrize(("folders", "share"), [(0, 0.2), (1, 0.4), (6, 0.5)])
def test_half_of_a_batch_is_labelled_faces_however_many_folders_are_mined(folders, share, monkeypatch):
    from train.finetuning import run as finetune

    made = []
    monkeypatch.setattr(finetune, "_surroundings", lambda samples: None)
    monkeypatch.setattr(finetune, "FaceBatches", lambda *arrays, mined_share, **rest: made.append(mined_share))
    arrays = np.zeros((2, 4, 4, 3)), np.zeros((2, 51, 3)), np.zeros((2, 4))
    finetune._Faces(["a", "b"], *arrays, np.array([False, True])).batches([], [None] * folders, 8)
    assert made == [pytest.approx(share)]


def test_faces_of_a_single_image_cannot_be_split(start, tmp_path):
    from train.engine.loop import FitConfig
    from train.errors import DataError
    from train.finetuning.run import finetune_landmarks

    data = write_csv(tmp_path / "data", 1)
    with pytest.raises(DataError, match="label more images"):
        finetune_landmarks([data], FitConfig(tmp_path / "run", minutes=0.01), start / "landmarks.keras")


def test_a_landmarker_of_70_points_is_taught_in_its_own_crop_and_exported(tmp_path):
    from export.conversion.run import export_model
    from train.data.crop_cache import WIDE_CROP
    from train.engine.loop import FitConfig
    from train.finetuning.run import finetune_landmarks
    from train.networks.dense_landmarker import build_dense_landmarker

    data = write_csv(tmp_path / "data", 12)
    build_dense_landmarker().save(tmp_path / "landmarks.keras")
    config = FitConfig(tmp_path / "run", minutes=0.05, epoch_steps=2)

    scores = finetune_landmarks([data], config, tmp_path / "landmarks.keras", batch=4)

    assert np.isfinite([scores["error"], scores["moved"], scores["sigma_factor"]]).all()
    saved = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (saved["crop_scale"], saved["crop_shift"]) == (WIDE_CROP.scale, WIDE_CROP.shift)
    manifest = export_model(tmp_path / "run" / "best.keras", "landmarks", tmp_path / "models")
    assert manifest.topology == TOPOLOGY_70.name
    assert {"visible", "expression"} < {output.name for output in manifest.outputs}
