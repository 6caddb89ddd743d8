"""Parameters of a manifest within what can be used, and outputs that are numbers."""

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME
from repository import ROOT

from smile_edge.errors import ManifestMismatchError, ModelError
from smile_edge.runtime.finite import check_finite, check_logits
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.parameters import Parameters

MANIFEST = json.loads((ROOT / "models" / "detector.json").read_text("utf-8"))
WRONG: list[Any] = [None, True, "x", -1, 0, 1e9, math.nan, math.inf, 10**400, [], {}]


@pytest.mark.parametrize("value", WRONG)
def test_a_number_that_cannot_be_used_is_named(value: Any) -> None:
    given_ = Parameters("a.onnx", {"size": value, "sizes": [value]})
    for read in (
        lambda: given_.whole("size", 8, 1024),
        lambda: given_.wholes("sizes", 8, 1024),
        lambda: given_.number("size", 0.1, 100),
        lambda: given_.share("size"),
    ):
        with pytest.raises(ManifestMismatchError, match=r"a\.onnx.*size") as caught:
            read()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


def test_numbers_within_their_limits_are_read() -> None:
    given_ = Parameters("a.onnx", {"whole": 96, "share": 0.5, "wholes": [8, 16]})
    assert given_.whole("whole", 8, 1024) == 96
    assert given_.wholes("wholes", 1, 64) == (8, 16)
    assert (given_.share("share"), given_.number("absent", 0, 1, 0.25)) == (0.5, 0.25)
    with pytest.raises(ManifestMismatchError, match="lacks the parameter 'absent'"):
        given_.whole("absent", 1, 2)
    with pytest.raises(ManifestMismatchError, match="twice"):
        Parameters("a.onnx", {"wholes": [8, 8]}).wholes("wholes", 1, 64)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "a\0.onnx"},
        {"file": "ä" * 200 + ".onnx"},
        {"file": ".."},
        {"file": "\ud800.onnx"},
        {"inputs": [{"name": "image", "dtype": "float32", "shape": [1, 3, 0, 10**12]}]},
        {"opset": 1e400},
        {"schema": 10**30},
    ],
)
def test_a_manifest_with_a_value_that_cannot_be_is_one_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "detector.json"
    path.write_text(json.dumps(MANIFEST | changes), "utf-8")
    with pytest.raises(ModelError, match=r"detector\.json") as caught:
        ModelManifest.load(path)
    assert "\n" not in str(caught.value)


@SAME_EACH_TIME
@given(st.sampled_from(sorted(MANIFEST)), st.sampled_from([*WRONG, "", "a\0b", [0], [[]], {"a": 1}]))
def test_a_manifest_with_any_value_in_a_field_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: Any
) -> None:
    path = tmp_path_factory.mktemp("models") / "detector.json"
    path.write_text(json.dumps(MANIFEST | {field: value}), "utf-8")
    with contextlib.suppress(ModelError):
        assert ModelManifest.load(path).name


@pytest.mark.parametrize("text", ["[" * 100_000, '{"schema": ' + "9" * 5000 + "}", "\x80", ""])
def test_what_is_no_json_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "detector.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match="cannot be read as JSON"):
        ModelManifest.load(path)


def test_a_manifest_that_names_other_outputs_or_sizes_than_its_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "detector.json"
    path.write_text(json.dumps(MANIFEST), "utf-8")
    manifest = ModelManifest.load(path)
    manifest.check_outputs(["level8"])
    with pytest.raises(ManifestMismatchError, match="names no output 'level64'"):
        manifest.check_outputs(["level8", "level64"])
    landmarks = ModelManifest.load(ROOT / "models" / "landmarks.json")
    landmarks.check_input("crop_px", 96)
    with pytest.raises(ManifestMismatchError, match="crop_px is 64"):
        landmarks.check_input("crop_px", 64)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_outputs_that_are_no_numbers_name_the_model(value: float) -> None:
    outputs = np.zeros((3, 49, 2), np.float32)
    check_finite("a.onnx", [outputs])
    outputs[1, 7, 0] = value
    with pytest.raises(ModelError, match=r"a\.onnx gives values that are no numbers"):
        check_finite("a.onnx", [np.zeros(3, np.float32), outputs])


def test_logits_may_be_of_no_probability_at_all() -> None:
    logits = np.full((4, 4), -np.inf, np.float32)
    check_logits("a.onnx", [logits, np.zeros((0, 0), np.float32)])
    for value in (np.nan, np.inf):
        logits[2, 1] = value
        with pytest.raises(ModelError, match="no numbers"):
            check_logits("a.onnx", [logits])
