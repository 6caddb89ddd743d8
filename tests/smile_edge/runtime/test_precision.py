"""int8 runs only where it belongs to the float32 model, is faster and says the same; whoever asks learns why not."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from smile_edge.errors import ManifestMismatchError, ModelError
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, find_models, sha256_of
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.precision import choose_int8, int8_manifest, trial_picture
from smile_edge.testing import FakeSession

SHAPES = {"inputs": {"crops": ("n", 3, 96, 96)}, "outputs": {"points": ("n", 49, 2)}}


def session_of(offset=0.0, takes_s=0.0):
    """A landmark session whose points are all at `offset`, after `takes_s`."""

    def outputs(feeds):
        time.sleep(takes_s)
        return {"points": np.full((len(feeds["crops"]), 49, 2), offset, np.float32)}

    return FakeSession(outputs, **SHAPES)


@pytest.fixture
def folder(tmp_path):
    """`landmarks` and `landmarks-int8`, with one output and files that no session is opened on."""
    shipped = ModelManifest.load(find_models() / "landmarks.json")
    for name in ("landmarks", "landmarks-int8"):
        (tmp_path / f"{name}.onnx").write_text(name)
        parameters = {"precision": "int8", "float32_sha256": sha256_of(tmp_path / "landmarks.onnx")}
        described = replace(
            shipped,
            name=name,
            file=f"{name}.onnx",
            sha256=sha256_of(tmp_path / f"{name}.onnx"),
            outputs=(TensorSpec("points", "float32", ("n", 49, 2)),),
            parameters={**parameters, "trial_tolerance": {"points": 0.5}},
        )
        described.save(tmp_path / f"{name}.json")
    return tmp_path


def choose(folder, quantised, wanted="auto", obtained="cpu"):
    manifest = ModelManifest.load(folder / "landmarks.json")
    reference = session_of(takes_s=0.004)
    return choose_int8(wanted, folder, manifest, reference, lambda path: quantised, obtained=obtained)


def test_a_faster_model_that_says_the_same_is_taken(folder):
    quantised = session_of(0.4)
    taken, reason = choose(folder, quantised)
    assert taken is quantised
    assert "times as fast as float32" in reason


def test_a_model_that_is_not_faster_is_left_alone_unless_it_was_asked_for(folder):
    slow = session_of(0.4, takes_s=0.008)
    taken, reason = choose(folder, slow)
    assert taken is None
    assert reason.startswith("int8 is not faster on this processor (0.")
    assert choose(folder, slow, "int8")[0] is slow


@pytest.mark.parametrize("offset", [0.6, float("nan")])
def test_a_model_that_says_something_else_here_is_never_taken(folder, offset):
    taken, reason = choose(folder, session_of(offset))
    assert taken is None
    assert "landmarks-int8.onnx computes something else on this processor: 'points' is" in reason
    with pytest.raises(ModelError, match=r"--precision int8 was not obtained: .*something else"):
        choose(folder, session_of(offset), "int8")


def test_on_a_gpu_float32_runs(folder):
    taken, reason = choose(folder, session_of(), obtained="cuda")
    assert (taken, reason.split(",")[0]) == (None, "int8 runs on the CPU only")
    with pytest.raises(ModelError, match="Add --provider cpu"):
        choose(folder, session_of(), "int8", obtained="cuda")


def test_a_folder_without_a_quantised_model_says_how_to_make_one(folder):
    (folder / "landmarks-int8.json").unlink()
    assert "there is no landmarks-int8.json" in choose(folder, session_of())[1]
    with pytest.raises(ModelError, match="python -m export quantize"):
        choose(folder, session_of(), "int8")


def test_a_quantised_model_of_an_earlier_float32_model_is_not_used(folder):
    manifest = replace(ModelManifest.load(folder / "landmarks.json"), sha256="1" * 64)
    with pytest.raises(ManifestMismatchError, match=r"made from another landmarks\.onnx"):
        int8_manifest(folder, manifest)


def test_a_damaged_quantised_model_is_not_used(folder):
    (folder / "landmarks-int8.onnx").write_text("other weights")
    taken, reason = choose(folder, session_of())
    assert taken is None
    assert "is not the model its manifest describes" in reason


def test_a_quantised_model_with_other_outputs_is_not_used(folder):
    quantised = session_of()
    quantised.outputs = {"points": ("n", 98)}
    assert "gives output 'points' the shape" in choose(folder, quantised)[1]


@pytest.mark.parametrize("tolerance", [None, {}, {"points": "wide"}])
def test_without_a_tolerance_nothing_is_believed(folder, tolerance):
    path = folder / "landmarks-int8.json"
    record = json.loads(path.read_text())
    record["parameters"]["trial_tolerance"] = tolerance
    path.write_text(json.dumps(record))
    assert "has no trial_tolerance of 'points'" in choose(folder, session_of())[1]


def test_the_trial_s_picture_is_the_same_every_time_and_uses_the_whole_range():
    for name, size in (("landmarks", (96, 96)), ("detector", (128, 160))):
        spec = ModelManifest.load(find_models() / f"{name}.json").inputs[0]
        picture = trial_picture(spec)
        assert picture.shape == (1, 3, *size)
        assert picture.dtype == np.float32
        assert picture.min() < 30
        assert 200 < picture.max() <= 255
        np.testing.assert_array_equal(picture, trial_picture(spec))


def test_the_drawn_face_looks_like_one_to_the_shipped_models():
    manifest, session = load_model("landmarks", provider="cpu")
    found = session.run({"crops": trial_picture(manifest.inputs[0])})
    centre = found["points"][0].mean(0)
    assert found["face"][0] > 0.5
    assert np.abs(centre - 47.5).max() < 12


@pytest.mark.parametrize("name", ["detector", "landmarks"])
def test_the_shipped_quantised_models_belong_to_the_shipped_float32_models(name):
    models = find_models()
    quantised = int8_manifest(models, ModelManifest.load(models / f"{name}.json"))
    assert quantised.parameters["precision"] == "int8"
    assert (models / quantised.file).stat().st_size < 6e6


@pytest.mark.parametrize("name", ["detector", "landmarks"])
def test_the_shipped_quantised_models_pass_their_trial_here(name):
    manifest, session = load_model(name, provider="cpu", precision="int8")
    report = session.report
    assert manifest.name == name
    assert (report.wanted, report.obtained, report.precision) == ("cpu", "cpu", "int8")
    assert "int8 was asked for" in report.precision_reason


def test_the_whole_pipeline_says_the_same_in_both_precisions():
    from smile_edge import FacePipeline, open_source

    with open_source("demo") as source:
        image = next(iter(source)).image
    results = [FacePipeline(provider="cpu", precision=wanted).process(image) for wanted in ("float32", "int8")]
    (wanted,), (found,) = (result.faces for result in results)
    assert np.linalg.norm(found.inner_points() - wanted.inner_points(), axis=-1).mean() < 0.02 * wanted.box[2]
    assert abs(found.score - wanted.score) < 0.05
