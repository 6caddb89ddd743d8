"""The doctor names what is broken and the command that cures it, and never fails for what it finds."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from repository import ROOT
from typer.testing import CliRunner, Result

from smile_edge.cli import app
from smile_edge.diagnostics import facts as doctor
from smile_edge.diagnostics import nvidia
from smile_edge.diagnostics.facts import CameraFacts, Facts, ModelFacts, WindowFacts, camera_facts, wheel_versions
from smile_edge.diagnostics.findings import LEAST_VERSIONS, Finding, diagnose, gpu_finding, gpu_obtained
from smile_edge.diagnostics.nvidia import NvidiaFacts, needed_libraries, nvidia_facts
from smile_edge.runtime.manifest import MODELS

NEEDED = needed_libraries("13.0", "linux")
ON_CPU = tuple(
    ModelFacts(name, f"/m/{name}.onnx", "ab" * 32, "cpu", "no driver", 1.0, {"cpu": {"Conv": 3}}) for name in MODELS
)
ON_CUDA = tuple(replace(model, obtained="cuda", reason=None, placement={"cuda": {"Conv": 3}}) for model in ON_CPU)
SOUND = Facts(
    wanted="auto",
    version="1",
    python="3.11.7",
    system="Linux",
    wheels={"numpy": "2.4.6", "onnxruntime-gpu": "1.31.1", "opencv-python": "5.0.0.93"},
    modules={"numpy": "2.4.6", "cv2": "5.0.0", "onnxruntime": "1.31.1"},
    providers=("tensorrt", "cuda", "cpu"),
    cuda="13.0",
    nvidia=NvidiaFacts(("H100, driver 580.1",), True, "13.0", dict.fromkeys(NEEDED, "system")),
    models_folder="/m",
    models=ON_CUDA,
    window=WindowFacts("QT5", True),
    cameras=(CameraFacts("/dev/video0", "Webcam"),),
)
"""A machine with everything."""
UNUSED_GPU = replace(SOUND, models=ON_CPU)


def only(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def test_a_sound_machine_has_nothing_to_tell() -> None:
    assert diagnose(SOUND) == []
    assert diagnose(SOUND, require_gpu=True) == []


def test_both_wheels_of_onnxruntime_are_told_with_the_way_to_one() -> None:
    finding = only(diagnose(replace(SOUND, wheels={**SOUND.wheels, "onnxruntime": "1.30.0"})))

    assert finding.level == "broken"
    assert "onnxruntime-gpu and onnxruntime are installed together" in finding.what
    assert finding.cure == (
        "python -m pip uninstall -y onnxruntime-gpu onnxruntime && python -m pip install onnxruntime-gpu==1.31.1"
    )


@pytest.mark.parametrize(
    ("change", "what", "cure"),
    [
        (
            {"nvidia": NvidiaFacts(on_bus=True)},
            "an NVIDIA GPU without its driver",
            "ubuntu-drivers install",
        ),
        (
            {"providers": ("cpu",), "wheels": {"onnxruntime": "1.31.1"}, "cuda": None},
            "this onnxruntime (onnxruntime) was built without cuda",
            "uninstall -y onnxruntime && python -m pip install 'onnxruntime-gpu[cuda,cudnn]'",
        ),
        (
            {"nvidia": replace(SOUND.nvidia, driver_cuda="12.4")},
            "the driver runs CUDA 12.4 at most, onnxruntime needs 13: install driver 580 or newer",
            "nvidia.com/drivers",
        ),
        (
            {
                "nvidia": replace(
                    SOUND.nvidia,
                    libraries={name: "system" if "cudnn" in name else None for name in NEEDED},
                    other_versions=("libcudart.so.12", "libcudnn.so.8"),
                )
            },
            "CUDA libraries are missing (libcublasLt.so.13, libcublas.so.13, libcurand.so.10, libcufft.so.12,"
            " libcudart.so.13); what is there is of the wrong version (libcudart.so.12)",
            "install 'onnxruntime-gpu[cuda,cudnn]==1.31.1'",
        ),
        (
            {
                "nvidia": replace(
                    SOUND.nvidia,
                    libraries={**SOUND.nvidia.libraries, "libcudnn.so.9": None},
                    other_versions=("libcudnn.so.8",),
                )
            },
            "cuDNN libraries are missing (libcudnn.so.9); what is there is of the wrong version (libcudnn.so.8)",
            "install 'onnxruntime-gpu[cuda,cudnn]==1.31.1'",
        ),
        ({}, "no GPU was obtained: no driver", "install --force-reinstall 'onnxruntime-gpu[cuda,cudnn]==1.31.1'"),
    ],
    ids=["no driver", "CPU wheel", "old driver", "wrong CUDA", "wrong cuDNN", "the session's own reason"],
)
def test_a_gpu_that_is_not_used_is_broken_and_its_cause_told(change: dict[str, Any], what: str, cure: str) -> None:
    finding = only(diagnose(replace(UNUSED_GPU, **change)))

    assert finding.level == "broken"
    assert what in finding.what
    assert cure in (finding.cure or "")


def test_without_a_gpu_the_cpu_is_a_note_unless_a_gpu_was_required() -> None:
    facts = replace(UNUSED_GPU, nvidia=NvidiaFacts())

    assert only(diagnose(facts)).level == "note"
    assert only(diagnose(facts, require_gpu=True)).level == "broken"
    assert only(diagnose(replace(facts, wanted="cuda"))).level == "broken"


def test_who_asks_for_the_cpu_is_not_told_about_the_gpu() -> None:
    facts = replace(UNUSED_GPU, wanted="cpu")

    assert diagnose(facts) == []
    assert "--provider cpu was asked for" in only(diagnose(facts, require_gpu=True)).what


def test_operators_left_on_the_cpu_are_a_note() -> None:
    left = replace(ON_CUDA[0], reason="1 of 4 nodes do not run on cuda")

    finding = gpu_finding(replace(SOUND, models=(left, ON_CUDA[1])))

    assert finding == Finding("note", "detector: 1 of 4 nodes do not run on cuda")


def test_one_model_on_the_cpu_is_not_a_gpu_obtained() -> None:
    assert gpu_obtained(SOUND)
    assert not gpu_obtained(replace(SOUND, models=(ON_CUDA[0], ON_CPU[1])))
    assert not gpu_obtained(replace(SOUND, models=()))


def test_missing_tensorrt_is_not_blamed_on_cuda() -> None:
    error = "--provider tensorrt was not obtained: the TensorRT libraries were not found. Install TensorRT."
    models = tuple(ModelFacts(name, "/m/x.onnx", "ab" * 32, error=error) for name in MODELS)

    finding = only(diagnose(replace(SOUND, wanted="tensorrt", models=models)))

    assert finding.what == "no GPU was obtained: the TensorRT libraries were not found"
    assert "pip install tensorrt" in (finding.cure or "")


def test_a_headless_opencv_and_no_display_are_notes() -> None:
    headless = replace(
        SOUND, window=WindowFacts(None, False), wheels={**SOUND.wheels, "opencv-python-headless": "5.0.0.93"}
    )
    headless.wheels.pop("opencv-python")  # type: ignore[attr-defined]

    finding = only(diagnose(headless))
    assert finding.level == "note"
    assert finding.cure == "python -m pip uninstall -y opencv-python-headless && python -m pip install opencv-python"
    assert "no display answers" in only(diagnose(replace(SOUND, window=WindowFacts("QT5", False)))).what


def test_a_camera_without_permission_is_broken_and_none_is_a_note() -> None:
    locked = replace(SOUND, cameras=(CameraFacts("/dev/video0", permitted=False, group="cams"),))

    finding = only(diagnose(locked))
    assert (finding.level, finding.cure) == ("broken", "sudo usermod -aG cams $USER  (then log in again)")
    assert only(diagnose(replace(SOUND, cameras=()))).level == "note"
    assert diagnose(replace(SOUND, cameras=None)) == []


def test_a_module_that_cannot_be_imported_is_told_once() -> None:
    models = tuple(ModelFacts(name, error="cannot run: onnxruntime cannot be imported") for name in MODELS)
    facts = replace(
        SOUND, wanted="cpu", models=models, import_errors={"onnxruntime": "half of it"},
        modules={**SOUND.modules, "onnxruntime": None},
    )  # fmt: skip

    finding = only(diagnose(facts))

    assert finding.what == "onnxruntime cannot be imported: half of it"
    assert finding.cure == "python -m pip install --force-reinstall onnxruntime-gpu"


def test_a_missing_system_library_of_opencv_names_its_package() -> None:
    error = "libGL.so.1: cannot open shared object file"
    facts = replace(SOUND, import_errors={"cv2": error}, modules={**SOUND.modules, "cv2": None}, window=WindowFacts())

    assert "apt-get install -y libgl1" in (only(diagnose(facts)).cure or "")


def test_a_library_that_is_too_old_is_told() -> None:
    finding = only(diagnose(replace(SOUND, modules={**SOUND.modules, "numpy": "1.26.4"})))

    assert finding.what == "numpy 1.26.4 is too old: 2.0 is needed"
    assert finding.cure == "python -m pip install --upgrade 'numpy>=2.0'"


def test_the_least_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = " ".join(project["dependencies"])

    assert project["requires-python"] == f">={LEAST_VERSIONS['python']}"
    for name, wheel in (("numpy", "numpy"), ("cv2", "opencv-python"), ("onnxruntime", "onnxruntime-gpu")):
        assert f"{wheel}>={LEAST_VERSIONS[name]}" in required


def test_an_exchanged_model_is_restored_from_its_clone() -> None:
    wrong = replace(ON_CUDA[0], sha256=None, error="/m/detector.onnx is not the model. Restore the file")
    facts = replace(SOUND, wanted="cpu", models=(wrong, ON_CUDA[1]))

    assert only(diagnose(facts)) == Finding(
        "broken", "model detector: /m/detector.onnx is not the model", "Restore the file"
    )
    assert only(diagnose(replace(facts, clone="/r"))).cure == "git -C /r checkout -- models"


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


class FakeDriver:
    """libcuda that answers with a version, as CUDA codes it."""

    def __init__(self, version: int) -> None:
        self.version = version

    def cuDriverGetVersion(self, out: Any) -> int:
        out._obj.value = self.version
        return 0


def loader(**libraries: object) -> Callable[[str], object]:
    """Loads what it is given; names without their punctuation."""

    def load(name: str) -> object:
        key = name.replace(".", "_")
        if key not in libraries:
            raise OSError(name)
        return libraries[key]

    return load


def no_program(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    raise FileNotFoundError


@pytest.mark.skipif(nvidia.sys.platform != "linux", reason="names of Linux libraries")
def test_driver_libraries_and_other_versions_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia, "_SYSTEM_FOLDERS", ())
    wheel = tmp_path / "nvidia" / "cu13" / "lib"
    wheel.mkdir(parents=True)
    (wheel / "libcublas.so.13").touch()
    (tmp_path / "nvidia" / "libcudart.so.12.4.127").touch()
    load = loader(libcuda_so_1=FakeDriver(12040), libcurand_so_10=object(), libcudnn_so_8=object())

    def smi(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess([], 0, "NVIDIA A, B, 550.1\n", "")

    found = nvidia_facts("13.0", run=smi, load=load, folders=[tmp_path], pci=tmp_path)

    assert found.driver_cuda == "12.4"
    assert found.gpus == ("NVIDIA A, B, driver 550.1",)
    assert found.libraries["libcublas.so.13"] == str(wheel / "libcublas.so.13")
    assert found.libraries["libcurand.so.10"] == "system"
    assert found.libraries["libcudart.so.13"] is None
    assert found.other_versions == ("libcudart.so.12", "libcudnn.so.8")


def test_a_gpu_on_the_bus_is_seen_without_a_driver(tmp_path: Path) -> None:
    device = tmp_path / "0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030200\n")

    found = nvidia_facts(None, run=no_program, load=loader(), folders=[], pci=tmp_path)

    assert found == NvidiaFacts(on_bus=True)
    (device / "class").write_text("0x040300\n")  # its sound device
    assert not nvidia_facts(None, run=no_program, load=loader(), folders=[], pci=tmp_path).on_bus


@pytest.mark.parametrize(
    ("cuda", "platform", "expected"),
    [
        (None, "linux", ()),
        ("13.0", "darwin", ()),
        ("12.8", "linux", ("libcufft.so.11", "libcudart.so.12", "libcudnn.so.9")),
        ("13.0", "win32", ("cufft64_12.dll", "cudart64_13.dll", "cudnn64_9.dll")),
    ],
)
def test_needed_libraries_follow_the_cuda_version(cuda: str | None, platform: str, expected: tuple[str, ...]) -> None:
    assert needed_libraries(cuda, platform)[-3:] == expected


def run(monkeypatch: pytest.MonkeyPatch, facts: Facts, *arguments: str) -> Result:
    monkeypatch.setattr(doctor, "gather", lambda models, provider, precision: facts)
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_exit_codes_are_0_sound_1_broken_2_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    locked = replace(SOUND, cameras=(CameraFacts("/dev/video0", permitted=False),))

    assert run(monkeypatch, SOUND).exit_code == 0
    assert run(monkeypatch, SOUND, "--require-gpu").exit_code == 0
    assert run(monkeypatch, locked).exit_code == 1
    assert run(monkeypatch, locked, "--require-gpu").exit_code == 1
    assert run(monkeypatch, UNUSED_GPU).exit_code == 1
    assert run(monkeypatch, UNUSED_GPU, "--require-gpu").exit_code == 2


def test_a_required_gpu_that_is_not_there_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, replace(UNUSED_GPU, nvidia=NvidiaFacts(on_bus=True)), "--require-gpu")

    assert result.stderr.count("\n") == 1
    assert "without its driver" in result.stderr
    assert "ubuntu-drivers" in result.stderr


def test_the_text_tells_nodes_by_provider_and_what_is_left_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = replace(ON_CUDA[0], placement={"cuda": {"Conv": 3}, "cpu": {"Resize": 2}})

    text = run(monkeypatch, replace(SOUND, models=(mixed, ON_CUDA[1]))).stdout

    assert "wanted auto, got cuda: 3 of 5 nodes on cuda, 2 of 5 nodes on cpu" in text
    assert "on the cpu: Resize x2" in text
    assert "verdict      all that is wanted works" in text


def test_json_holds_facts_findings_and_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.loads(run(monkeypatch, UNUSED_GPU, "--json").stdout)

    assert record["ok"] is False
    assert record["models"][0]["placement"] == {"cpu": {"Conv": 3}}
    assert [finding["level"] for finding in record["findings"]] == ["broken"]


def test_this_machine_can_be_examined_whatever_it_lacks(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--models", str(tmp_path), "--provider", "cpu"])

    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "model landmarks: No model manifest" in result.stdout


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
