"""A folder with one exported model gets the shipped others and keeps what it has."""

import shutil
from dataclasses import replace

import pytest

from export.model_folder import complete_folder, useless_int8
from smile_edge.errors import ManifestMismatchError
from smile_edge.runtime.manifest import ModelManifest, find_models
from smile_edge.runtime.model_loader import load_model


@pytest.fixture
def half(tmp_path):
    """A folder with a landmarker only."""
    for path in find_models().glob("landmarks.*"):
        if path.suffix in (".onnx", ".json"):
            shutil.copy(path, tmp_path)
    return tmp_path


def test_a_folder_without_a_detector_gets_the_shipped_one_and_can_be_used(half):
    assert [copy.name for _, copy in complete_folder(half)] == ["detector.onnx", "detector-int8.onnx"]
    for name in ("detector", "landmarks"):
        load_model(name, models=half, provider="cpu")
    assert load_model("detector", models=half, provider="cpu", precision="int8")[1].report.precision == "int8"


def test_a_quantised_model_of_another_model_is_neither_copied_nor_passed_over_in_silence(half, tmp_path, monkeypatch):
    source = tmp_path / "shipped"
    shutil.copytree(find_models(), source)
    changed = ModelManifest.load(source / "detector-int8.json")
    parameters = {**changed.parameters, "float32_sha256": "0" * 64}
    replace(changed, parameters=parameters).save(source / "detector-int8.json")
    monkeypatch.setenv("SMILE_EDGE_MODELS", str(source))
    assert [copy.name for _, copy in complete_folder(half)] == ["detector.onnx"]
    assert "made from another detector.onnx" in useless_int8(source, "detector")
    assert useless_int8(source, "landmarks") is None
    assert useless_int8(half, "landmarks") is None


def test_models_that_are_there_stay_as_they_are(half):
    (half / "detector.json").write_text("my own")
    assert complete_folder(half) == []
    assert (half / "detector.json").read_text() == "my own"
    assert not (half / "detector.onnx").exists()


def test_the_shipped_folder_itself_is_complete():
    assert complete_folder(find_models()) == []


def test_without_shipped_models_nothing_is_copied(half, tmp_path, monkeypatch):
    monkeypatch.setenv("SMILE_EDGE_MODELS", str(tmp_path / "none"))
    assert complete_folder(half) == []


def test_a_damaged_shipped_model_is_not_spread(half, tmp_path, monkeypatch):
    source = tmp_path / "shipped"
    shutil.copytree(find_models(), source)
    (source / "detector.onnx").write_bytes(b"damaged")
    monkeypatch.setenv("SMILE_EDGE_MODELS", str(source))
    with pytest.raises(ManifestMismatchError):
        complete_folder(half)
    assert not (half / "detector.json").exists()
