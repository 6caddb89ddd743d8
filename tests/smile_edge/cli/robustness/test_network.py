"""Nothing is sent anywhere: onnxruntime's telemetry is off before it is loaded, in every process and as a library."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from program_runs import DEMO, PROGRAM, environment

FRAMES = 450
"""15 s of the live demo: onnxruntime looks up its host 11 s after the start."""

VARIABLE = "ORT_DISABLE_TELEMETRY"


def traced(home: Path, **changed: str) -> "tuple[subprocess.Popen[bytes], Path]":
    """The live demo under strace, in a home folder of its own, and the file of its network calls."""
    home.mkdir()
    calls = home.with_suffix(".strace")
    command = ["strace", "-f", "-e", "trace=network", "-o", str(calls), *PROGRAM, *DEMO, "demo?live=1"]
    unset = {name: value for name, value in environment(**changed).items() if name != VARIABLE or name in changed}
    unset = {**unset, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    return subprocess.Popen([*command, "--frames", str(FRAMES)], stderr=subprocess.DEVNULL, env=unset), calls


def sockets(calls: Path) -> list[str]:
    return re.findall(r"AF_INET6?\b.*", calls.read_text("utf-8", "replace"))


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_run_opens_no_socket_to_any_network(tmp_path: Path) -> None:
    ours, control = traced(tmp_path / "ours"), traced(tmp_path / "control", **{VARIABLE: "0"})
    codes = [process.wait(120) for process, _ in (ours, control)]
    if codes != [0, 0]:
        pytest.skip("strace may not trace here")

    assert sockets(ours[1]) == []
    assert not [path for path in (tmp_path / "ours").rglob("*") if "onnxruntime" in path.name]
    if not sockets(control[1]):
        pytest.skip("onnxruntime opened no socket with its telemetry on either, so that this shows nothing")


@pytest.mark.parametrize(
    "module", ["smile_edge", "smile_edge.runtime.session", "smile_edge.batch.process_pool", "export", "benchmarks"]
)
@pytest.mark.parametrize(("given", "kept"), [(None, "1"), ("0", "0")])
def test_telemetry_is_off_before_anything_is_loaded_unless_the_user_says_otherwise(
    module: str, given: str | None, kept: str
) -> None:
    code = (
        "import os, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == 'onnxruntime': print(os.environ.get({VARIABLE!r}))\n"
        "sys.meta_path.insert(0, Finder())\n"
        f"import {module}\n"
        "import smile_edge.runtime.session"
    )
    environ = {name: value for name, value in environment().items() if name != VARIABLE}
    environ |= {} if given is None else {VARIABLE: given}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)

    assert done.stdout.split() == [kept]


def test_a_worker_process_has_it_off_too() -> None:
    child = f"import os; print(os.environ.get({VARIABLE!r}))"
    code = f"import subprocess, sys, smile_edge; subprocess.check_call([sys.executable, '-c', {child!r}])"
    environ = {name: value for name, value in environment().items() if name != VARIABLE}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)

    assert done.stdout.strip() == "1"
    assert os.environ[VARIABLE] == "1"  # of this process, which imported the package
