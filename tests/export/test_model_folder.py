"""Exported models: a folder with one gets the shipped others and keeps what it has; none replaces another half-way."""

import shutil
from dataclasses import replace

import pytest

from export.errors import ExportError
from export.model_folder import complete_folder, useless_int8
from export.staging import drafted, published
from export.tasks import TASKS
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


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_model_exported_without_set_gets_the_parameters_of_the_shipped_one(name):
    assert ModelManifest.load(find_models() / f"{name}.json").parameters == TASKS[name].parameters


def test_a_score_that_is_no_number_leaves_the_model_and_manifest_that_were_there(tmp_path):
    (tmp_path / "landmarks.onnx").write_text("old")
    (tmp_path / "landmarks.json").write_text("old")
    manifest = ModelManifest.load(find_models() / "landmarks.json")
    with drafted(tmp_path, "landmarks.onnx") as draft:
        draft.write_text("new")
        with pytest.raises(ExportError, match="not a finite number"):
            published(draft, replace(manifest, metrics={"ap40": float("nan")}), tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "landmarks.onnx": "old",
        "landmarks.json": "old",
    }
