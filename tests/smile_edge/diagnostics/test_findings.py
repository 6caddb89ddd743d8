"""Findings name what is broken and the command that cures it."""

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from machines import NEEDED, ON_CPU, ON_CUDA, SOUND, UNUSED_GPU
from repository import ROOT
from shipped_models import without_int8

from smile_edge.diagnostics.facts import (
    LIVE_PACKAGES,
    CameraFacts,
    ModelFacts,
    VirtualCameraFacts,
    WindowFacts,
    gather,
)
from smile_edge.diagnostics.findings import LEAST_VERSIONS, Finding, diagnose, gpu_finding, gpu_obtained
from smile_edge.diagnostics.nvidia import NvidiaFacts
from smile_edge.runtime.manifest import MODELS


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


def test_the_doctor_takes_a_missing_int8_for_broken_where_it_was_asked_for(tmp_path):
    models = without_int8(tmp_path / "models")
    facts = gather(models, "cpu", "int8")
    assert [model.error is None for model in facts.models] == [True, False]
    (finding,) = [one for one in diagnose(replace(facts, clone="/clone")) if one.level == "broken"]
    assert finding.what.startswith("model landmarks: --precision int8 was not obtained: there is no")
    assert finding.cure == "Make it with `python -m export quantize`"


@pytest.mark.parametrize(
    ("facts", "what", "cure"),
    [
        (
            VirtualCameraFacts(),
            "v4l2loopback is not loaded: --virtual-camera",
            "sudo apt-get install -y v4l2loopback-dkms && sudo modprobe v4l2loopback devices=1",
        ),
        (VirtualCameraFacts(True), "without a device", "sudo modprobe -r v4l2loopback && "),
        (
            VirtualCameraFacts(True, (CameraFacts("/dev/video9", permitted=False),)),
            "no permission to write to the virtual camera /dev/video9",
            "sudo usermod -aG video $USER",
        ),
    ],
)
def test_what_a_virtual_camera_lacks_is_a_note(facts: VirtualCameraFacts, what: str, cure: str) -> None:
    finding = only(diagnose(replace(SOUND, virtual_camera=facts)))

    assert finding.level == "note"
    assert what in finding.what
    assert cure in (finding.cure or "")


def test_a_virtual_camera_that_works_is_no_finding() -> None:
    assert diagnose(replace(SOUND, virtual_camera=VirtualCameraFacts(True, (CameraFacts("/dev/video9"),)))) == []


def test_packages_that_outputs_need_are_named_with_their_options() -> None:
    missing = {"python-osc": None, "pyvirtualcam": "0.15"}

    finding = only(diagnose(replace(SOUND, live=missing)))
    assert (finding.level, finding.cure) == ("note", "python -m pip install python-osc")
    assert finding.what == "python-osc not installed: --osc and --vmc cannot be used"
    assert "serve cannot" in only(diagnose(replace(SOUND, live={"websockets": None}))).what
    assert "python-osc and pyvirtualcam" in only(diagnose(replace(SOUND, live=dict.fromkeys(missing)))).what


def test_the_packages_are_those_of_the_extra() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["live"]

    assert all(any(wanted.startswith(f"{name}>=") for wanted in extra) for name in LIVE_PACKAGES)
