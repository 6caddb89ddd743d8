"""The comparison of networks as a whole. Needs TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest
from keypoint_dots import dots

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare import MEAN_FACE, Schedule, compare, parse_entries, split, table, write_report  # noqa: E402
from train.errors import DataError, UnreachableWeightsError  # noqa: E402


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
        assert row["error_before"] > row["rmse_px"]
    assert (out / "smile_mse_rotation" / "best.keras").is_file()


def test_weights_that_do_not_exist_end_the_comparison_before_it_starts(faces, tmp_path):
    entries = parse_entries(["smile", "vgg19:block1_pool,weights=/no/such/file.h5"], ["mse"], ["none"])
    with pytest.raises(DataError, match=r"/no/such/file\.h5 not found"):
        compare(faces, entries, tmp_path, Schedule(minutes=5))


def test_tensorboard_that_is_not_installed_is_one_line(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install tensorboard"):
        compare(faces, [], tmp_path, Schedule(tensorboard=True))


@pytest.fixture
def unreachable(monkeypatch):
    """ImageNet's weights cannot be had."""

    def missing(shape):
        raise UnreachableWeightsError("the weights cannot be downloaded")

    monkeypatch.setattr("train.compare.networks.vgg19._downloaded", missing)
    monkeypatch.setattr("train.compare.networks.vgg19._check_cache", lambda path: None)


@pytest.mark.usefixtures("unreachable")
def test_a_network_whose_weights_cannot_be_had_is_left_out_and_the_table_says_so(faces, tmp_path):
    entries = parse_entries(["vgg19:block1_pool", "smile:relu"], ["mse"], ["none"])
    said = []
    results = compare(faces, entries, tmp_path, Schedule(minutes=0.01, batch=8), said.append)

    assert [row["label"] for row in results["rows"]] == [MEAN_FACE, "smile:activation=relu"]
    assert said[0] == "vgg19:cut=block1_pool is left out: the weights cannot be downloaded"
    *_, last = table(results)
    assert last[:2] == ("vgg19:cut=block1_pool", "left out")
    assert len(last) == len(table(results)[0])
    write_report(results, tmp_path)
    page = (tmp_path / "compare.md").read_text()
    assert "| vgg19:cut=block1_pool | left out |" in page
    assert "vgg19:cut=block1_pool is left out: the weights cannot be downloaded." in page


@pytest.mark.usefixtures("unreachable")
def test_a_comparison_of_which_nothing_is_left_is_one_line(faces, tmp_path):
    entries = parse_entries(["vgg19:block1_pool", "vgg19:block2_pool"], ["mse"], ["none"])
    with pytest.raises(DataError, match="cannot be downloaded"):
        compare(faces, entries, tmp_path, Schedule(minutes=5))
