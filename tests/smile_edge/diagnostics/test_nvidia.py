"""Driver and CUDA libraries, on made-up machines."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smile_edge.diagnostics import nvidia
from smile_edge.diagnostics.nvidia import NvidiaFacts, needed_libraries, nvidia_facts


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
