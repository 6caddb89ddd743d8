"""What there is of NVIDIA: the GPU, its driver, and the libraries that a CUDA build of onnxruntime loads."""

import ctypes
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["NvidiaFacts", "needed_libraries", "nvidia_facts"]

Load = Callable[[str], Any]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
_PCI = Path("/sys/bus/pci/devices")
_NVIDIA_VENDOR, _DISPLAY_CLASS = "0x10de", "0x03"
_CUDNN = 9
_MAJORS = {"cudart": range(10, 16), "cudnn": range(7, 12)}
"""Other versions that are looked for, to say that CUDA or cuDNN is there but of the wrong one."""
_SYSTEM_FOLDERS = ("/usr/local/cuda*/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64")


@dataclass(frozen=True, slots=True)
class NvidiaFacts:
    """A GPU, its driver and the CUDA libraries."""

    gpus: tuple[str, ...] = ()
    """Name and driver version of each, as `nvidia-smi` tells."""
    on_bus: bool = False
    """An NVIDIA display device is plugged in, with a driver or without (Linux only)."""
    driver_cuda: str | None = None
    """Newest CUDA that the driver can run (`13.0`); None where there is no driver."""
    libraries: Mapping[str, str | None] = field(default_factory=dict)
    """Each library that onnxruntime needs and where it is; None where it is nowhere."""
    other_versions: tuple[str, ...] = ()
    """CUDA and cuDNN libraries of another major version than is needed."""


def nvidia_facts(
    cuda: str | None,
    *,
    run: Run = subprocess.run,
    load: Load = ctypes.CDLL,
    folders: Sequence[str | Path] | None = None,
    pci: Path = _PCI,
) -> NvidiaFacts:
    """Looks at this machine.

    Args:
        cuda: the CUDA version that onnxruntime was built for (`13.0`); None for a build without CUDA.
        run: runs `nvidia-smi`.
        load: loads a shared library by name, or raises `OSError`.
        folders: where wheels are installed; `sys.path` where None.
        pci: where Linux lists the devices on the bus.
    """
    needed = needed_libraries(cuda)
    wheels = [Path(folder) / "nvidia" for folder in dict.fromkeys(sys.path if folders is None else folders)]
    return NvidiaFacts(
        gpus=_gpus(run),
        on_bus=_on_bus(pci),
        driver_cuda=_driver_cuda(load),
        libraries={name: _place(name, wheels, load) for name in needed},
        other_versions=_other_versions(needed, wheels, load) if needed else (),
    )


def needed_libraries(cuda: str | None, platform: str = sys.platform) -> tuple[str, ...]:
    """Names of the libraries that onnxruntime's CUDA provider loads; none for a build without CUDA."""
    if not cuda or platform not in ("linux", "win32"):
        return ()
    major = int(cuda.split(".")[0])
    cufft = 12 if major >= 13 else 11  # numbered apart from CUDA
    if platform == "win32":
        names = (
            f"cublasLt64_{major}",
            f"cublas64_{major}",
            f"cufft64_{cufft}",
            f"cudart64_{major}",
            f"cudnn64_{_CUDNN}",
        )
        return tuple(f"{name}.dll" for name in names)
    versions = {"cublasLt": major, "cublas": major, "curand": 10, "cufft": cufft, "cudart": major, "cudnn": _CUDNN}
    return tuple(f"lib{name}.so.{version}" for name, version in versions.items())


def _gpus(run: Run) -> tuple[str, ...]:
    try:
        done = run(_QUERY, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ()
    if done.returncode:
        return ()
    rows = (line.rpartition(",") for line in done.stdout.splitlines() if line.strip())
    return tuple(f"{name.strip()}, driver {version.strip()}" for name, _, version in rows)


def _on_bus(pci: Path) -> bool:
    try:
        return any(
            (device / "vendor").read_text().strip() == _NVIDIA_VENDOR
            and (device / "class").read_text().startswith(_DISPLAY_CLASS)
            for device in pci.iterdir()
        )
    except OSError:
        return False


def _driver_cuda(load: Load) -> str | None:
    """`cuDriverGetVersion` of the driver's own library: it answers without a context, even where no GPU is free."""
    try:
        driver = load("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        version = ctypes.c_int()
        driver.cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return None
    return f"{version.value // 1000}.{version.value % 1000 // 10}"


def _place(name: str, wheels: Sequence[Path], load: Load) -> str | None:
    """Where a library is: in a wheel, which onnxruntime searches first, or wherever the system's loader finds it."""
    for folder in wheels:
        if (found := next(folder.glob(f"**/{name}"), None)) is not None:
            return str(found)
    try:
        load(name)
    except OSError:
        return None
    return "system"


def _other_versions(needed: Sequence[str], wheels: Sequence[Path], load: Load) -> tuple[str, ...]:
    """CUDA runtimes and cuDNNs of a version that is not among the needed ones."""
    if sys.platform != "linux":
        return ()
    found = {path.name for folder in wheels for stem in _MAJORS for path in folder.glob(f"**/lib{stem}.so.*")}
    for pattern in _SYSTEM_FOLDERS:
        for stem in _MAJORS:
            found.update(path.name for path in Path("/").glob(f"{pattern[1:]}/lib{stem}.so.*"))
    names = {f"lib{stem}.so.{major}" for stem, majors in _MAJORS.items() for major in majors} - set(needed)
    found.update(name for name in names if _loads(name, load))
    short = {match[0] for name in found if (match := re.match(r"lib\w+\.so\.\d+", name))}
    return tuple(sorted(short - set(needed)))


def _loads(name: str, load: Load) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True
