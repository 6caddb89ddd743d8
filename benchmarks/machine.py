"""What a figure was measured on and with: machine, versions, models, the provider obtained, and the command."""

import os
import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smile_edge import FacePipeline, __version__
from smile_edge.bench import machine
from smile_edge.manifest import ModelManifest

__all__ = ["command_line", "describe"]


def describe(pipeline: FacePipeline, models: Path) -> dict[str, Any]:
    """Plain JSON types: `machine`, `versions` and `models` (file, hash, provider wanted and obtained)."""
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {
        "machine": {**machine(), "load": load},
        "versions": {
            "smile_edge": __version__,
            "onnxruntime": next(iter(pipeline.reports.values())).onnxruntime_version,
            "opencv": cv2.__version__,
            "numpy": np.__version__,
            "matplotlib": version("matplotlib"),
            "python": platform.python_version(),
        },
        "models": [_model(models, name, pipeline) for name in pipeline.reports],
    }


def _model(folder: Path, name: str, pipeline: FacePipeline) -> dict[str, Any]:
    manifest, report = ModelManifest.load(folder / f"{name}.json"), pipeline.reports[name]
    return {
        "name": name,
        "file": manifest.file,
        "sha256": manifest.sha256,
        "kilobytes": round((folder / manifest.file).stat().st_size / 1000),
        "wanted": report.wanted,
        "obtained": report.obtained,
        "reason": report.reason,
    }


def command_line(command: str, options: Mapping[str, Path | str | int | bool | None]) -> str:
    """The command that repeats a measurement.

    A folder outside the current one is shown by its option's name in capitals: where it lies on one machine means
    nothing on another.
    """
    words = ["python", "-m", "benchmarks", command]
    for name, value in options.items():
        words += _option(name, value)
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
