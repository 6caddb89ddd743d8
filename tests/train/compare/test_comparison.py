"""The comparison of networks as a whole. Needs TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest
from keypoint_dots import dots

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare import MEAN_FACE, Schedule, compare, parse_entries, split  # noqa: E402
from train.errors import DataError  # noqa: E402


def test_the_split_keeps_groups_together_and_needs_two():
    data = dots(60)
    training, held = split(replace(data, groups=tuple(str(i // 3) for i in range(60))))
    assert not set(training.groups) & set(held.groups)
    assert len(training.groups) + len(held.groups) == 60
    with pytest.raises(DataError, match="cannot be split"):
        split(replace(data, groups=("one",) * 60))


def test_a_comparison_has_the_mean_face_and_every_network(run):
    results, _, out, _ = run
    assert [row["label"] for row in results["rows"]] == [MEAN_FACE, "smile", "smile:activation=relu"]
    for row in results["rows"][1:]:
        assert np.isfinite([row["rmse_px"], row["moved_rmse_px"], row["ms_per_image"], row["size_mb"]]).all()
        assert row["history"][-1]["minutes"] >= 0.02
    assert (out / "smile_mse_rotation" / "best.keras").is_file()


def test_weights_that_do_not_exist_end_the_comparison_before_it_starts(faces, tmp_path):
    entries = parse_entries(["smile", "vgg19:block1_pool,weights=/no/such/file.h5"], ["mse"], ["none"])
    with pytest.raises(DataError, match=r"/no/such/file\.h5 not found"):
        compare(faces, entries, tmp_path, Schedule(minutes=5))


def test_tensorboard_that_is_not_installed_is_one_line(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install tensorboard"):
        compare(faces, [], tmp_path, Schedule(tensorboard=True))
