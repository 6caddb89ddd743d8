"""From facts to findings: what is broken or missing, and the command that cures it. Pure: nothing is looked up here."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from smile_edge.diagnostics.facts import Facts, ModelFacts

__all__ = ["LEAST_VERSIONS", "Finding", "diagnose", "gpu_finding", "gpu_obtained"]

LEAST_VERSIONS = {"python": "3.11", "numpy": "2.0", "cv2": "5.0", "onnxruntime": "1.22"}
"""As the project's own requirements say."""

_PIP = "python -m pip"
_GPU_WHEEL = "onnxruntime-gpu[cuda,cudnn]"
_OPENCV = {"cv2": "opencv-python", "numpy": "numpy"}
_DRIVERS = {12: 525, 13: 580}
"""First driver branch that runs a CUDA version (NVIDIA, CUDA compatibility)."""
_NEEDED_BY = {"python-osc": "--osc and --vmc", "pyvirtualcam": "--virtual-camera", "websockets": "serve"}
_NEW_DRIVER = "sudo ubuntu-drivers install && sudo reboot  (other systems: https://www.nvidia.com/drivers)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it could be."""

    level: Literal["broken", "note"]
    """`broken`: something that is wanted does not work. `note`: something that is not needed everywhere is missing."""
    what: str
    cure: str | None = None
    """A command, or what to do where no command does it."""


def diagnose(facts: Facts, *, require_gpu: bool = False) -> list[Finding]:
    """Everything worth telling, the broken first.

    Args:
        facts: as `facts.gather` gives them.
        require_gpu: a session that runs on the CPU is broken, whatever the machine.
    """
    found = [*_libraries(facts), *_models(facts), *_windows(facts), *_cameras(facts), *_sending(facts)]
    if (gpu := gpu_finding(facts, require_gpu=require_gpu)) is not None:
        found.append(gpu)
    return sorted(found, key=lambda finding: finding.level != "broken")


def gpu_obtained(facts: Facts) -> bool:
    """Whether every model runs on a GPU."""
    return bool(facts.models) and all(model.obtained in ("cuda", "tensorrt") for model in facts.models)


def _libraries(facts: Facts) -> Iterator[Finding]:
    """Libraries that are missing, too old, or there twice."""
    runtimes = [name for name in facts.wheels if name.split("-")[0] == "onnxruntime"]
    if len(runtimes) > 1:
        kept = "onnxruntime-gpu" if "onnxruntime-gpu" in runtimes else runtimes[0]
        yield Finding(
            "broken",
            f"{' and '.join(runtimes)} are installed together and overwrite each other's files",
            f"{_PIP} uninstall -y {' '.join(runtimes)} && {_PIP} install {kept}=={facts.wheels[kept]}",
        )
    for module, error in facts.import_errors.items():
        if module == "onnxruntime" and len(runtimes) > 1:
            continue
        yield Finding("broken", f"{module} cannot be imported: {error}", _import_cure(facts, module, error))
    versions = {"python": facts.python, **facts.modules}
    for name, least in LEAST_VERSIONS.items():
        version = versions.get(name)
        if version is not None and _number(version) < _number(least):
            wheel = _wheel(facts, name)
            cure = f"install Python {least}" if name == "python" else f"{_PIP} install --upgrade '{wheel}>={least}'"
            yield Finding("broken", f"{name} {version} is too old: {least} is needed", cure)
    opencvs = [name for name in facts.wheels if name.startswith("opencv")]
    if len(opencvs) > 1:
        kept = opencvs[0]
        yield Finding(
            "note",
            f"{' and '.join(opencvs)} are installed together and overwrite each other's files",
            f"{_PIP} uninstall -y {' '.join(opencvs)} && {_PIP} install {kept}=={facts.wheels[kept]}",
        )


def _import_cure(facts: Facts, module: str, error: str) -> str:
    if module == "cv2" and re.search(r"lib(GL|gthread|glib|SM|Xext|xcb)", error):
        return "sudo apt-get install -y libgl1 libglib2.0-0  (without windows: opencv-python-headless instead)"
    return f"{_PIP} install --force-reinstall {_wheel(facts, module)}"


def _wheel(facts: Facts, module: str) -> str:
    """The distribution that brings a module here."""
    stem = "opencv" if module == "cv2" else module
    installed = [name for name in facts.wheels if name.split("-")[0] == stem]
    return installed[0] if installed else _OPENCV.get(module, _default_runtime())


def _default_runtime() -> str:
    return "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"


def _models(facts: Facts) -> Iterator[Finding]:
    """Models that are missing, exchanged or cannot run."""
    told: set[str] = set()
    for model in facts.models:
        if model.error is None or model.error in told or _is_about_provider(model):
            continue
        told.add(model.error)
        if model.error.startswith("cannot run: "):
            continue  # the library is told already
        what, cure = _split_cure(model.error)
        if facts.clone is not None and not model.error.startswith("--precision "):
            cure = f"git -C {facts.clone} checkout -- models"
        yield Finding("broken", f"model {model.name}: {what}", cure)


def _is_about_provider(model: ModelFacts) -> bool:
    return model.error is not None and model.error.startswith("--provider ")


def _reason(model: ModelFacts) -> str | None:
    """Why a session did not get what was asked for; of an error its middle, between the option and the cure."""
    if model.error is None:
        return model.reason
    return _split_cure(model.error)[0].rpartition("was not obtained: ")[2]


def _split_cure(message: str) -> tuple[str, str | None]:
    """Our own errors end in a sentence with the cure."""
    what, separator, cure = message.rpartition(". ")
    return (what, cure.rstrip(".")) if separator else (message, None)


def _windows(facts: Facts) -> Iterator[Finding]:
    if facts.modules.get("cv2") is None:
        return
    if facts.window.toolkit is None:
        headless = [name for name in facts.wheels if name.startswith("opencv")] or ["opencv-python-headless"]
        cure = f"{_PIP} uninstall -y {' '.join(headless)} && {_PIP} install opencv-python"
        yield Finding("note", "this OpenCV is headless: --show cannot open a window", cure)
    elif not facts.window.display:
        yield Finding(
            "note",
            "no display answers: --show cannot open a window",
            "run it in a desktop session, or over `ssh -X`; --jsonl, --csv and --video need none",
        )


def _cameras(facts: Facts) -> Iterator[Finding]:
    if facts.cameras is None:
        return
    if not facts.cameras:
        yield Finding("note", "no camera: there is no /dev/video*", "plug one in; in a container: --device /dev/video0")
    for group in dict.fromkeys(camera.group for camera in facts.cameras if not camera.permitted):
        paths = [camera.path for camera in facts.cameras if not camera.permitted and camera.group == group]
        yield Finding(
            "broken",
            f"no permission to use {', '.join(paths)}",
            f"sudo usermod -aG {group} $USER  (then log in again)",
        )


def _sending(facts: Facts) -> Iterator[Finding]:
    """What `--osc`, `--vmc`, `--virtual-camera` and `serve` lack."""
    missing = [name for name, version in facts.live.items() if version is None]
    if missing:
        options = [option for name, option in _NEEDED_BY.items() if name in missing]
        what = f"{' and '.join(missing)} not installed: {' and '.join(options)} cannot be used"
        yield Finding("note", what, f"{_PIP} install {' '.join(missing)}")
    camera = facts.virtual_camera
    if camera is None:
        return
    if not camera.module:
        what = "the kernel module v4l2loopback is not loaded: --virtual-camera has no device to write to"
        yield Finding("note", what, "sudo apt-get install -y v4l2loopback-dkms && sudo modprobe v4l2loopback devices=1")
    elif not camera.devices:
        what = "v4l2loopback is loaded without a device: --virtual-camera has nothing to write to"
        yield Finding("note", what, "sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback devices=1")
    elif not any(device.permitted for device in camera.devices):
        what = f"no permission to write to the virtual camera {camera.devices[0].path}"
        yield Finding("note", what, f"sudo usermod -aG {camera.devices[0].group} $USER  (then log in again)")


def gpu_finding(facts: Facts, *, require_gpu: bool = False) -> Finding | None:
    """Why the models do not run on a GPU; None where they do, or where nobody wants it and none is there."""
    nvidia = facts.nvidia
    here = bool(nvidia.gpus or nvidia.on_bus or nvidia.driver_cuda)
    wanted = require_gpu or facts.wanted in ("cuda", "tensorrt")
    if gpu_obtained(facts):
        return _left_behind(facts)
    if facts.wanted == "cpu" and not require_gpu:
        return None
    if not (here or wanted):
        return Finding("note", "no NVIDIA GPU: the models run on the CPU")
    what, cure = _gpu_cause(facts)
    return Finding("broken", f"no GPU was obtained: {what}", cure)


def _left_behind(facts: Facts) -> Finding | None:
    """Some operators that the accelerator does not take are a cost, not a fault."""
    reasons = dict.fromkeys(f"{model.name}: {model.reason}" for model in facts.models if model.reason)
    return Finding("note", "; ".join(reasons)) if reasons else None


def _gpu_cause(facts: Facts) -> tuple[str, str | None]:
    """The first thing on the way to the GPU that is not there, and its cure."""
    nvidia = facts.nvidia
    target = "tensorrt" if facts.wanted == "tensorrt" else "cuda"
    if facts.wanted == "cpu":
        return "--provider cpu was asked for", "leave --provider out"
    if "onnxruntime" in facts.import_errors:
        return "onnxruntime cannot be imported", _import_cure(facts, "onnxruntime", "")
    if nvidia.driver_cuda is None:
        if nvidia.on_bus or nvidia.gpus:
            return "there is an NVIDIA GPU without its driver (libcuda is missing)", _NEW_DRIVER
        return (
            "no NVIDIA driver (libcuda is missing)",
            "run it on a machine with an NVIDIA GPU; in a container: --gpus all",
        )
    if target not in facts.providers:
        runtimes = " ".join(name for name in facts.wheels if name.split("-")[0] == "onnxruntime") or "onnxruntime"
        return (
            f"this onnxruntime ({runtimes}) was built without {target}",
            f"{_PIP} uninstall -y {runtimes} && {_PIP} install '{_GPU_WHEEL}'",
        )
    if facts.cuda is not None and _number(nvidia.driver_cuda)[0] < _number(facts.cuda)[0]:
        major = _number(facts.cuda)[0]
        least = f" {_DRIVERS[major]} or newer" if major in _DRIVERS else "s of today"
        return (
            f"the driver runs CUDA {nvidia.driver_cuda} at most, onnxruntime needs {major}: install driver{least}",
            _NEW_DRIVER,
        )
    missing = [name for name, place in nvidia.libraries.items() if place is None]
    if missing:
        return _missing_libraries(facts, missing)
    reasons = [_reason(model) for model in facts.models if model.obtained not in ("cuda", "tensorrt")]
    what = next((reason for reason in reasons if reason), "the session gives no reason")
    if target == "tensorrt" and "TensorRT" in what:
        return what, f"{_PIP} install tensorrt, and put its folder tensorrt_libs on LD_LIBRARY_PATH"
    return what, f"{_PIP} install --force-reinstall {_exact_gpu_wheel(facts)}"


def _missing_libraries(facts: Facts, missing: list[str]) -> tuple[str, str]:
    """CUDA or cuDNN that is not there, or there in another version."""
    kinds = dict.fromkeys(_kind(name) for name in missing)
    what = f"{' and '.join(kinds)} libraries are missing ({', '.join(missing)})"
    others = [name for name in facts.nvidia.other_versions if _kind(name) in kinds]
    if others:
        what += f"; what is there is of the wrong version ({', '.join(others)})"
    return what, f"{_PIP} install {_exact_gpu_wheel(facts)}"


def _kind(library: str) -> str:
    return "cuDNN" if "cudnn" in library else "CUDA"


def _exact_gpu_wheel(facts: Facts) -> str:
    version = facts.wheels.get("onnxruntime-gpu")
    return f"'{_GPU_WHEEL}=={version}'" if version else f"'{_GPU_WHEEL}'"


def _number(version: str) -> tuple[int, ...]:
    """`1.31.1` as (1, 31, 1); what is no number ends it."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)
