"""A manifest says what is wrong with itself, by field, and knows its model from any other file."""

import json

import pytest

from smile_edge.errors import ManifestMismatchError, ModelError
from smile_edge.runtime import manifest as module
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, find_models, sha256_of


def make_manifest(**changes):
    values = {
        "name": "landmarks",
        "task": "face-landmarks",
        "file": "landmarks.onnx",
        "sha256": "0" * 64,
        "opset": 17,
        "inputs": (TensorSpec("crops", "float32", ("n", 3, 96, 96), "NCHW", "BGR", (0.0, 255.0)),),
        "outputs": (TensorSpec("points", "float32", ("n", 49, 2), meaning="crop px"),),
        "topology": "points",
        "licence": "Apache-2.0",
        "parameters": {"crop_px": 96},
    }
    return ModelManifest(**{**values, **changes})


@pytest.fixture
def record(tmp_path):
    make_manifest().save(tmp_path / "landmarks.json")
    return json.loads((tmp_path / "landmarks.json").read_text())


def load(record, tmp_path):
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(record))
    return ModelManifest.load(path)


def test_what_is_saved_is_loaded(tmp_path):
    make_manifest().save(tmp_path / "a.json")
    assert ModelManifest.load(tmp_path / "a.json") == make_manifest()


def test_values_that_are_absent_are_not_written(record):
    assert record["outputs"] == [{"name": "points", "dtype": "float32", "shape": ["n", 49, 2], "meaning": "crop px"}]


@pytest.mark.parametrize("name", ["schema", "name", "task", "file", "sha256", "opset", "inputs", "outputs", "licence"])
def test_a_missing_field_is_named(name, record, tmp_path):
    del record[name]
    with pytest.raises(ModelError, match=f"field `{name}` is missing"):
        load(record, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("name", 3, "must be a text"),
        ("opset", "17", "must be a whole number"),
        ("opset", True, "must be a whole number"),
        ("inputs", [], "must be a list of objects"),
        ("outputs", ["points"], "must be a list of objects"),
        ("parameters", [96], "must be an object"),
        ("file", "../landmarks.onnx", "without a folder"),
    ],
)
def test_an_ill_typed_field_is_named_with_what_came(name, value, expected, record, tmp_path):
    record[name] = value
    with pytest.raises(ModelError, match=rf"field `{name}` .*{expected}.* Received: ") as caught:
        load(record, tmp_path)
    assert json.dumps(value) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_inside_a_list_is_named_with_its_place(record, tmp_path):
    record["inputs"][0]["shape"] = "n,3,96,96"
    with pytest.raises(ModelError, match=r"field `inputs\[0\]\.shape` must be a list"):
        load(record, tmp_path)
    record["inputs"][0]["shape"] = ["n", 3, 96, 96]
    record["inputs"][0]["range"] = [0]
    with pytest.raises(ModelError, match=r"field `inputs\[0\]\.range`"):
        load(record, tmp_path)


def test_another_schema_is_refused(record, tmp_path):
    record["schema"] = 2
    with pytest.raises(ModelError, match="schema 2, expected 1"):
        load(record, tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_file_that_is_not_a_json_object_is_refused(text, tmp_path):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match="JSON"):
        ModelManifest.load(tmp_path / "a.json")


def test_a_missing_manifest_or_model_says_where_it_looked(tmp_path):
    with pytest.raises(ModelError, match=r"No model manifest at .*none\.json"):
        ModelManifest.load(tmp_path / "none.json")
    with pytest.raises(ModelError, match=r"No model file at .*none\.onnx"):
        make_manifest().verify(tmp_path / "none.onnx")


def test_a_model_that_was_tampered_with_is_refused(tmp_path):
    model = tmp_path / "landmarks.onnx"
    model.write_bytes(b"weights")
    described = make_manifest(sha256=sha256_of(model))
    described.verify(model)
    model.write_bytes(b"wEights")
    with pytest.raises(ManifestMismatchError, match=r"expected sha256 .* found"):
        described.verify(model)


GOOD_IN, GOOD_OUT = {"crops": ("n", 3, 96, 96)}, {"points": ("n", 49, 2)}


def test_a_model_s_names_and_shapes_are_held_against_the_manifest():
    make_manifest().check_signature(GOOD_IN, GOOD_OUT)
    make_manifest().check_signature({"crops": ("batch", 3, 96, 96)}, GOOD_OUT)


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ({"image": ("n", 3, 96, 96)}, GOOD_OUT, "names inputs"),
        (GOOD_IN, {**GOOD_OUT, "sigma": ("n", 49)}, "names outputs"),
        ({"crops": ("n", 3, 112, 112)}, GOOD_OUT, "'crops' the shape"),
        ({"crops": (1, 3, 96, 96)}, GOOD_OUT, "'crops' the shape"),
        (GOOD_IN, {"points": ("n", 98)}, "'points' the shape"),
    ],
)
def test_a_model_with_other_names_or_shapes_is_refused(inputs, outputs, said):
    with pytest.raises(ManifestMismatchError, match=said):
        make_manifest().check_signature(inputs, outputs)


def test_the_option_comes_before_the_variable_and_the_variable_before_the_shipped_folder(tmp_path, monkeypatch):
    option, variable = tmp_path / "option", tmp_path / "variable"
    option.mkdir()
    variable.mkdir()
    monkeypatch.setenv("SMILE_EDGE_MODELS", str(variable))
    assert find_models(option) == option
    assert find_models() == variable


@pytest.mark.parametrize("from_variable", [False, True])
def test_a_named_folder_that_is_not_there_is_refused_by_its_source(from_variable, tmp_path, monkeypatch):
    missing = tmp_path / "missing"
    if from_variable:
        monkeypatch.setenv("SMILE_EDGE_MODELS", str(missing))
    with pytest.raises(ModelError, match=f"{'SMILE_EDGE_MODELS' if from_variable else '--models'} names .*missing"):
        find_models(None if from_variable else missing)


def test_the_package_s_models_come_before_the_repository_s(tmp_path, monkeypatch):
    package = tmp_path / "smile_edge"
    package.mkdir()
    monkeypatch.setattr(module, "__file__", str(package / "runtime" / "manifest.py"))
    with pytest.raises(ModelError, match="No models came with"):
        find_models()
    for folder in (tmp_path / "models", package / "models"):
        folder.mkdir()
        make_manifest().save(folder / "landmarks.json")
        assert find_models() == folder
