"""What a figure was measured on and with: machine, versions, models, the provider obtained, and the command."""

import os
import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smile_edge import FacePipeline, __version__
from smile_edge.diagnostics.stage_timing import machine
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.precision import INT8
from smile_edge.runtime.report import ExecutionReport
from smile_edge.runtime.session import runtime_version

__all__ = ["command_line", "describe", "models_used", "place"]


def describe(pipeline: FacePipeline, models: Path) -> dict[str, Any]:
    """Plain JSON types: `machine`, `versions` and `models` (file, hash, provider wanted and obtained, precision)."""
    return {**place(), "models": models_used(pipeline.reports, models)}


def place() -> dict[str, Any]:
    """Plain JSON types: `machine` and `versions`."""
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {
        "machine": {**machine(), "load": load},
        "versions": {
            "smile_edge": __version__,
            "onnxruntime": runtime_version(),
            "opencv": cv2.__version__,
            "numpy": np.__version__,
            **_installed("matplotlib"),
            "python": platform.python_version(),
        },
    }


def _installed(package: str) -> dict[str, str]:
    """The version of a package that not every measurement needs; empty where it is not installed."""
    try:
        return {package: version(package)}
    except PackageNotFoundError:
        return {}


def models_used(reports: Mapping[str, ExecutionReport], folder: Path) -> list[dict[str, Any]]:
    """Each model's file and hash, the provider that its session wanted and obtained, and the precision."""
    return [_model(folder, name, report) for name, report in reports.items()]


def _model(folder: Path, name: str, report: ExecutionReport) -> dict[str, Any]:
    manifest = ModelManifest.load(folder / f"{name}{INT8 if report.precision == 'int8' else ''}.json")
    return {
        "name": name,
        "file": manifest.file,
        "sha256": manifest.sha256,
        "kilobytes": round((folder / manifest.file).stat().st_size / 1000),
        "wanted": report.wanted,
        "obtained": report.obtained,
        "reason": report.reason,
        "precision": report.precision,
    }


def command_line(command: str, options: Mapping[str, Path | str | int | bool | list[str] | None]) -> str:
    """The command that repeats a measurement; an option with a list is given once for each item.

    A folder outside the current one is shown by its option's name in capitals: where it lies on one machine means
    nothing on another.
    """
    words = ["python", "-m", "benchmarks", command]
    for name, value in options.items():
        for item in value if isinstance(value, list) else [value]:
            words += _option(name, item)
    return shlex.join(words)


def _option(name: str, value: Path | str | int | bool | None) -> Sequence[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [f"--{name}"]
    if not isinstance(value, Path):
        return [f"--{name}", str(value)]
    inside = value.resolve().is_relative_to(Path.cwd())
    return [f"--{name}", value.resolve().relative_to(Path.cwd()).as_posix() if inside else name.upper()]
