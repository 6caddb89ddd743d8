"""A model opens with its manifest, and only the model that the manifest describes."""

import pytest

from smile_edge.errors import ManifestMismatchError
from smile_edge.runtime import precision as module
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, sha256_of
from smile_edge.runtime.model_loader import load_model


def test_a_gpu_machine_gets_float32_and_the_report_says_so(monkeypatch):
    """`auto` on a session that obtained CUDA; the session itself is the CPU's."""
    real = module.choose_int8
    monkeypatch.setattr(
        "smile_edge.runtime.model_loader.choose_int8",
        lambda *args, **options: real(*args, **{**options, "obtained": "cuda"}),
    )
    report = load_model("landmarks", provider="cpu", precision="auto")[1].report
    assert (report.precision, report.precision_reason) == (
        "float32",
        "int8 runs on the CPU only, and this session runs on cuda. Add --provider cpu.",
    )


@pytest.fixture
def described(model):
    """The tiny model's folder with its manifest."""
    specs = [TensorSpec(name, "float32", ("n", 3, "h", "w")) for name in "xyz"]
    manifest = ModelManifest(
        name="tiny",
        task="face-detection",
        file=model.name,
        sha256=sha256_of(model),
        opset=17,
        inputs=(specs[0],),
        outputs=tuple(specs[1:]),
        topology="none",
        licence="Apache-2.0",
    )
    manifest.save(model.parent / "tiny.json")
    return model.parent


def test_a_model_opens_by_name_with_its_manifest(described):
    manifest, session = load_model("tiny", models=described, provider="cpu")
    assert manifest.name == "tiny"
    assert session.report.obtained == "cpu"


def test_a_model_exchanged_under_its_manifest_is_refused(described, model):
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(ManifestMismatchError, match="sha256"):
        load_model("tiny", models=described)


def test_a_manifest_with_other_outputs_is_refused(described):
    path = described / "tiny.json"
    path.write_text(path.read_text().replace('"name": "z"', '"name": "q"'))
    with pytest.raises(ManifestMismatchError, match="names outputs"):
        load_model("tiny", models=described, provider="cpu")
