"""`train compare import`. Needs TensorFlow."""

import re
import shlex

import pytest
from repository import ROOT
from typer.testing import CliRunner

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from train.compare.cli import compare_app  # noqa: E402
from train.compare.networks.registry import NETWORKS  # noqa: E402
from train.errors import UnreachableWeightsError  # noqa: E402


def test_import_converts_and_lists_the_layers(tmp_path):
    NETWORKS["smile"].build(4, NETWORKS["smile"].options()).save(tmp_path / "a.keras")
    result = CliRunner().invoke(compare_app, ["import", str(tmp_path / "a.keras"), "--out", str(tmp_path / "b.h5")])
    assert result.exit_code == 0, result.output
    assert "coordinates" in result.output
    assert keras.saving.load_model(tmp_path / "b.h5", compile=False).output_shape == (None, 4, 2)


def test_the_example_of_the_page_runs_to_its_end_without_a_connection(tmp_path, monkeypatch):
    """With fewer faces and less time; the weights of ImageNet are not to be had."""

    def missing(shape):
        raise UnreachableWeightsError("they cannot be downloaded")

    monkeypatch.setattr("train.compare.networks.vgg19._downloaded", missing)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "compare.md").read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(
        r"^    python -m train (kaggle-like --drawn .*|compare --data runs/kaggle .*)$", page, re.MULTILINE
    )
    assert len(lines) == 2
    for line in lines:
        words = shlex.split(line)
        for option, less in (("--drawn", "24"), ("--minutes", "0.01")):
            if option in words:
                words[words.index(option) + 1] = less
        done = CliRunner().invoke(compare_app, words)
        assert done.exit_code == 0, done.output
    table = (tmp_path / "runs" / "compare" / "compare.md").read_text("utf-8")
    assert all(name in table for name in ("| ours", "| smile", "| mean face", "| left out |"))
