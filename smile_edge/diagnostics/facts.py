"""The facts of this installation and this machine; nothing here judges them (`findings.diagnose` does).

What cannot be imported or opened is a fact, too: gathering never fails for it.
"""

import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path

import smile_edge
from smile_edge.diagnostics.nvidia import NvidiaFacts, nvidia_facts
from smile_edge.errors import SmileEdgeError, UsageError, one_line
from smile_edge.runtime.manifest import MODELS

__all__ = [
    "LIVE_PACKAGES",
    "CameraFacts",
    "Facts",
    "ModelFacts",
    "VirtualCameraFacts",
    "WindowFacts",
    "camera_facts",
    "gather",
    "live_packages",
    "virtual_camera_facts",
    "wheel_versions",
]

_WHEELS = ("onnxruntime", "opencv", "numpy")
"""Distributions whose names start like this can replace each other, or must be of some version."""

LIVE_PACKAGES = ("python-osc", "pyvirtualcam", "websockets")
"""Distributions that outputs of `webcam` need: `--osc` and `--vmc`, `--virtual-camera`; and the command `serve`."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model and its session."""

    name: str
    file: str | None = None
    """Where it is; None where it is missing."""
    sha256: str | None = None
    """Its hash, held against the manifest's; None where it differs or is unknown."""
    obtained: str | None = None
    """`cpu`, `cuda` or `tensorrt`; None where no session could be had."""
    reason: str | None = None
    """Why not more was obtained."""
    warmup_ms: float | None = None
    placement: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Operators and how often, by the provider that runs them."""
    error: str | None = None
    """Why the model cannot be used."""
    precision: str | None = None
    """`float32` or `int8`: which of the two models runs."""
    precision_reason: str | None = None
    """Why it is that one."""


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """Whether a window could be opened."""

    toolkit: str | None = None
    """What OpenCV was built with (`QT5`, `GTK3`, `WIN32UI`, `COCOA`); None for a headless build."""
    display: bool = False
    """There is a screen that answers."""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """One camera device (Linux only)."""

    path: str
    name: str = ""
    """As the driver calls it."""
    permitted: bool = True
    """This user may read and write it."""
    group: str = "video"
    """The group that may."""


@dataclass(frozen=True, slots=True)
class VirtualCameraFacts:
    """What a virtual camera needs of the system (Linux only)."""

    module: bool = False
    """The kernel module v4l2loopback is loaded."""
    devices: tuple[CameraFacts, ...] = ()
    """Its devices."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the doctor looks at."""

    wanted: str
    """Provider that was asked for."""
    version: str
    """Of smile-edge."""
    python: str
    system: str
    wheels: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions of onnxruntime, OpenCV and numpy, and their versions."""
    modules: Mapping[str, str | None] = field(default_factory=dict)
    """Versions that `numpy`, `cv2` and `onnxruntime` give when imported; None where they cannot be."""
    import_errors: Mapping[str, str] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    """What onnxruntime was built with, whether it can start here or not."""
    cuda: str | None = None
    """The CUDA version that onnxruntime was built for."""
    nvidia: NvidiaFacts = field(default_factory=NvidiaFacts)
    models_folder: str | None = None
    clone: str | None = None
    """The git clone whose own models these are, from which they can be restored."""
    models: tuple[ModelFacts, ...] = ()
    window: WindowFacts = field(default_factory=WindowFacts)
    cameras: tuple[CameraFacts, ...] | None = None
    """None where the system does not list them as files."""
    live: Mapping[str, str | None] = field(default_factory=dict)
    """Versions of `LIVE_PACKAGES`; None where one is not installed."""
    virtual_camera: VirtualCameraFacts | None = None
    """None where the system does not list it as files."""


def gather(models: str | Path | None = None, provider: str = "auto", precision: str = "auto") -> Facts:
    """Looks at everything; opens and runs both models.

    Args:
        models: folder of models; None looks in the usual places.
        provider: `auto`, `cpu`, `cuda` or `tensorrt`; one that is not obtained is a fact.
        precision: `auto`, `float32` or `int8`; likewise.

    Raises:
        UsageError: an unknown provider or precision.
    """
    modules, errors = _imported(("numpy", "cv2", "onnxruntime"))
    providers: tuple[str, ...] = ()
    cuda: str | None = None
    if not {"numpy", "onnxruntime"} & errors.keys():
        from smile_edge.runtime.session import available_providers, built_for_cuda

        providers, cuda = available_providers(), built_for_cuda()
    # The sessions first: their own search for libraries must not be helped by ours.
    folder, found = _models(models, provider, precision, errors)
    return Facts(
        wanted=provider,
        version=smile_edge.__version__,
        python=platform.python_version(),
        system=platform.platform(),
        wheels=wheel_versions(),
        modules=modules,
        import_errors=errors,
        providers=providers,
        cuda=cuda,
        nvidia=nvidia_facts(cuda),
        models_folder=None if folder is None else str(folder),
        clone=None if folder is None else _clone_of(folder),
        models=found,
        window=WindowFacts() if "cv2" in errors else _window(),
        cameras=camera_facts() if sys.platform == "linux" else None,
        live=live_packages(),
        virtual_camera=virtual_camera_facts() if sys.platform == "linux" else None,
    )


def wheel_versions(installed: Iterable[metadata.Distribution] | None = None) -> dict[str, str]:
    """Installed distributions of the libraries that come under several names (`onnxruntime`, `onnxruntime-gpu`)."""
    found = metadata.distributions() if installed is None else installed
    named = ((re.sub(r"[-_.]+", "-", str(one.metadata["Name"])).lower(), one.version) for one in found)
    return dict(sorted((name, version) for name, version in named if name.split("-")[0] in _WHEELS))


def camera_facts(devices: Path = Path("/dev"), names: Path = Path("/sys/class/video4linux")) -> tuple[CameraFacts, ...]:
    """The camera devices of a Linux machine and whether this user may use them."""
    nodes = sorted(devices.glob("video[0-9]*"), key=lambda node: (len(node.name), node.name))
    return tuple(
        CameraFacts(str(node), _text(names / node.name / "name"), os.access(node, os.R_OK | os.W_OK), _group(node))
        for node in nodes
    )


def virtual_camera_facts(devices: Path = Path("/dev"), system: Path = Path("/sys")) -> VirtualCameraFacts:
    """Whether v4l2loopback is loaded on a Linux machine, and its devices: those that belong to no hardware."""
    if not (system / "module" / "v4l2loopback").exists():
        return VirtualCameraFacts()
    virtual = {node.name for node in (system / "devices" / "virtual" / "video4linux").glob("video[0-9]*")}
    found = camera_facts(devices, system / "class" / "video4linux")
    return VirtualCameraFacts(True, tuple(one for one in found if Path(one.path).name in virtual))


def live_packages() -> dict[str, str | None]:
    """Versions of `LIVE_PACKAGES`."""
    versions: dict[str, str | None] = dict.fromkeys(LIVE_PACKAGES)
    for name in LIVE_PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _imported(names: Iterable[str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Version of each module, and why those that cannot be imported cannot."""
    versions: dict[str, str | None] = {}
    errors: dict[str, str] = {}
    for name in names:
        versions[name] = None
        try:
            # Half an onnxruntime, left behind when one of two wheels was removed, imports and is empty.
            versions[name] = str(import_module(name).__version__)
        except Exception as error:  # a broken library may raise anything
            errors[name] = one_line(error)
    return versions, errors


def _models(
    option: str | Path | None, provider: str, precision: str, errors: Mapping[str, str]
) -> tuple[Path | None, tuple[ModelFacts, ...]]:
    """The folder and what became of each model in it."""
    from smile_edge.runtime.manifest import find_models

    try:
        folder = find_models(option)
    except SmileEdgeError as error:
        return None, tuple(ModelFacts(name, error=str(error)) for name in MODELS)
    return folder, tuple(_model(folder, name, provider, precision, errors) for name in MODELS)


def _model(folder: Path, name: str, provider: str, precision: str, errors: Mapping[str, str]) -> ModelFacts:
    from smile_edge.runtime.manifest import ModelManifest

    file = sha256 = None
    try:
        manifest = ModelManifest.load(folder / f"{name}.json")
        file = str(folder / manifest.file) if (folder / manifest.file).exists() else None
        manifest.verify(folder / manifest.file)
        sha256 = manifest.sha256
        if broken := {"numpy", "onnxruntime"} & errors.keys():
            return ModelFacts(name, file, sha256, error=f"cannot run: {', '.join(sorted(broken))} cannot be imported")
        from smile_edge.runtime.model_loader import load_model

        session = load_model(name, models=folder, provider=provider, precision=precision)[1]
        report, placement = session.report, session.placement()
    except UsageError:
        raise
    except Exception as error:  # onnxruntime's errors share no base class
        return ModelFacts(name, file, sha256, error=one_line(error))
    return ModelFacts(
        name,
        file,
        sha256,
        report.obtained,
        report.reason,
        report.warmup_ms,
        placement,
        precision=report.precision,
        precision_reason=report.precision_reason,
    )


def _clone_of(folder: Path) -> str | None:
    root = folder.resolve().parent
    return str(root) if folder.name == "models" and (root / ".git").exists() else None


def _window(build: Callable[[], str] | None = None) -> WindowFacts:
    """What OpenCV's build information says of windows, and whether a display answers."""
    import cv2

    from smile_edge.sinks.window import has_display

    found = re.search(r"^\s*GUI:\s*(\S+)", (build or cv2.getBuildInformation)(), re.MULTILINE)
    toolkit = None if found is None or found[1].upper() == "NONE" else found[1]
    return WindowFacts(toolkit, has_display())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _group(node: Path) -> str:
    try:
        return node.group()
    except (OSError, KeyError, NotImplementedError):
        return "video"
