"""Trained weights as they are loaded."""

import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from repository import ROOT  # noqa: E402
from small_networks import saved, shaken  # noqa: E402

from export.conversion.run import export_model  # noqa: E402
from export.conversion.weights import float32_config, load_weights  # noqa: E402
from export.errors import WeightsError  # noqa: E402
from train.networks.landmarker import build_landmarker  # noqa: E402


def test_a_model_trained_in_mixed_precision_is_exported_in_float32(tmp_path):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = shaken(build_landmarker(width=0.25))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert any(layer.compute_dtype == "bfloat16" for layer in model.layers)
    loaded = load_weights(saved(model, tmp_path / "run"))
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    manifest = export_model(tmp_path / "run" / "best.keras", "landmarks", tmp_path / "models")
    assert max(manifest.parity["largest_difference"].values()) < 1e-2


def test_policies_are_replaced_wherever_they_are():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    config = {"layers": [{"config": {"dtype": policy}}, {"config": {"dtype": "bfloat16"}}], "axis": (1, 2)}
    walked = float32_config(config)
    assert walked["layers"][0]["config"]["dtype"]["config"]["name"] == "float32"
    assert walked["layers"][1]["config"]["dtype"] == "float32"
    assert policy["config"]["name"] == "mixed_float16"


def test_missing_and_unreadable_weights_are_one_line(tmp_path):
    with pytest.raises(WeightsError, match="No Keras model"):
        export_model(tmp_path / "none.keras", "detector", tmp_path)
    (tmp_path / "broken.keras").write_bytes(b"nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        export_model(tmp_path / "broken.keras", "detector", tmp_path)


def test_weights_without_their_configuration_are_refused(tmp_path):
    (tmp_path / "best.keras").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"config\.json"):
        export_model(tmp_path / "best.keras", "detector", tmp_path)


@pytest.mark.parametrize(
    "loader", ["export.conversion.weights:load_weights", "train.networks.serialization:load_network"]
)
def test_the_shipped_networks_load_where_nothing_else_was_imported(loader):
    module, name = loader.split(":")
    files = [str(ROOT / "models" / f"{model}.keras") for model in ("detector", "landmarks")]
    code = f"from pathlib import Path; from {module} import {name}; [{name}(Path(file)) for file in {files}]"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
