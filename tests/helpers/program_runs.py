"""The program in processes of its own, with standard streams and signals as in a shell."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gates import WAIT_S
from repository import ROOT

__all__ = ["DEMO", "PROGRAM", "ended", "environment", "lines_of", "start", "wait_until"]

PROGRAM = [sys.executable, "-m", "smile_edge"]
DEMO = ["webcam", "--no-show", "--provider", "cpu", "--precision", "float32", "--source"]
"""A run of what follows."""


def environment(**changed: str) -> dict[str, str]:
    """Of a process: this checkout is what it imports."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **changed}


def start(*words: object, **options: Any) -> subprocess.Popen[str]:
    """The program with these arguments; output and errors are collected unless the options say otherwise."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment()}
    return subprocess.Popen([*PROGRAM, *map(str, words)], **{**pipes, **options})


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    try:
        out, error = process.communicate(timeout=2 * WAIT_S)
    finally:
        process.kill()
    return process.returncode, out or "", error or ""


def wait_until(true: Callable[[], bool]) -> None:
    """Returns as soon as it is so; fails where that takes too long."""
    deadline_s = time.monotonic() + 2 * WAIT_S
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def lines_of(path: Path) -> list[str]:
    """The lines of a file, each whole."""
    text = path.read_text("utf-8") if path.exists() else ""
    assert text.endswith("\n") or not text
    return text.splitlines()
