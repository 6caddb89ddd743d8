"""An exported file replaces another when it is whole."""

from dataclasses import replace

import pytest

from export.errors import ExportError
from export.staging import drafted, published
from smile_edge.runtime.manifest import ModelManifest, find_models


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
