"""Facts are gathered whatever the machine lacks."""

from importlib import metadata
from pathlib import Path

import pytest

from smile_edge.diagnostics import facts as doctor
from smile_edge.diagnostics.facts import camera_facts, wheel_versions
from smile_edge.diagnostics.findings import diagnose


def test_wheels_are_found_under_any_spelling(tmp_path: Path) -> None:
    for name in ("onnxruntime_gpu", "OpenCV.Python", "numpydoc", "numpy"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")

    found = wheel_versions(metadata.distributions(path=[str(tmp_path)]))

    assert list(found) == ["numpy", "onnxruntime-gpu", "opencv-python"]


def test_cameras_come_with_name_and_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("video10", "video2", "video", "null"):
        (tmp_path / name).touch()
    (tmp_path / "names" / "video2").mkdir(parents=True)
    (tmp_path / "names" / "video2" / "name").write_text("Some Cam\n")
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name == "video2")

    found = camera_facts(tmp_path, tmp_path / "names")

    assert [(Path(one.path).name, one.name, one.permitted) for one in found] == [
        ("video2", "Some Cam", True),
        ("video10", "", False),
    ]


def test_the_real_sessions_are_told_node_by_node() -> None:
    facts = doctor.gather(provider="cpu")

    assert [model.obtained for model in facts.models if model.error is None] == ["cpu"] * len(facts.models)
    assert all(model.placement["cpu"]["Conv"] > 5 for model in facts.models)


def test_libraries_that_cannot_be_imported_are_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> object:
        raise ImportError(f"no {name}\nhere")

    monkeypatch.setattr(doctor, "import_module", broken)
    facts = doctor.gather(provider="cpu")

    assert facts.import_errors["onnxruntime"] == "no onnxruntime here"
    assert facts.providers == ()
    assert all("cannot be imported" in (model.error or "") for model in facts.models)
    levels = [finding.level for finding in diagnose(facts)]
    assert levels.count("broken") == 3
