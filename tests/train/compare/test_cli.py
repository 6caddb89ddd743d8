"""`train compare import`. Needs TensorFlow."""

import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from train.compare.cli import compare_app  # noqa: E402
from train.compare.networks.registry import NETWORKS  # noqa: E402


def test_import_converts_and_lists_the_layers(tmp_path):
    NETWORKS["smile"].build(4, NETWORKS["smile"].options()).save(tmp_path / "a.keras")
    result = CliRunner().invoke(compare_app, ["import", str(tmp_path / "a.keras"), "--out", str(tmp_path / "b.h5")])
    assert result.exit_code == 0, result.output
    assert "coordinates" in result.output
    assert keras.saving.load_model(tmp_path / "b.h5", compile=False).output_shape == (None, 4, 2)
