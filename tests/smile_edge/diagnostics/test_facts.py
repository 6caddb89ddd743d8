"""Facts are gathered whatever the machine lacks."""

from importlib import metadata
from pathlib import Path

import pytest

from smile_edge.diagnostics import facts as doctor
from smile_edge.diagnostics.facts import (
    VirtualCameraFacts,
    camera_facts,
    live_packages,
    virtual_camera_facts,
    wheel_versions,
)
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


def test_devices_of_v4l2loopback_are_told_from_cameras(tmp_path: Path) -> None:
    for folder in ("module/v4l2loopback", "devices/virtual/video4linux/video10", "class/video4linux/video10"):
        (tmp_path / "sys" / folder).mkdir(parents=True)
    (tmp_path / "sys/class/video4linux/video10/name").write_text("Dummy video device\n")
    (tmp_path / "dev").mkdir()
    for name in ("video0", "video10"):
        (tmp_path / "dev" / name).touch()

    found = virtual_camera_facts(tmp_path / "dev", tmp_path / "sys")

    assert found.module
    assert [(Path(one.path).name, one.name) for one in found.devices] == [("video10", "Dummy video device")]


def test_without_the_module_there_is_no_virtual_camera(tmp_path: Path) -> None:
    (tmp_path / "devices/virtual/video4linux/video10").mkdir(parents=True)

    assert virtual_camera_facts(tmp_path, tmp_path) == VirtualCameraFacts()


def test_packages_that_are_not_installed_have_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "pyvirtualcam":
            raise metadata.PackageNotFoundError(name)
        return "1.10"

    monkeypatch.setattr(metadata, "version", version)

    assert live_packages() == {"python-osc": "1.10", "pyvirtualcam": None, "websockets": "1.10"}
