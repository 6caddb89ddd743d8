"""`smile-edge info`: what is installed, which models are found, what they run on and why not on more."""

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import smile_edge
from smile_edge.cli.console import ModelsOption, ProviderOption
from smile_edge.errors import SmileEdgeError, UsageError
from smile_edge.runtime.manifest import MODELS

__all__ = ["info_command"]


def info_command(models: ModelsOption = None, provider: ProviderOption = "auto") -> None:
    """Show versions, models and providers.

    For each model: whether its hash is right, its measured scores, the provider really obtained and why not more.
    """
    import cv2
    import numpy as np

    from smile_edge.runtime.manifest import find_models
    from smile_edge.runtime.session import runtime_version

    rows = [
        ("smile-edge", smile_edge.__version__),
        ("python", f"{platform.python_version()} on {platform.platform()}"),
        ("onnxruntime", runtime_version()),
        ("opencv", cv2.__version__),
        ("numpy", np.__version__),
    ]
    for name, value in rows:
        typer.echo(f"{name:<12} {value}")
    folder = find_models(models)
    typer.echo(f"{'models':<12} {folder}")
    sound = True
    for name in MODELS:
        try:
            for line in _model_lines(name, folder, provider):
                typer.echo(line)
        except UsageError:
            raise
        except SmileEdgeError as error:
            sound = False
            typer.echo(f"{name:<12} unusable: {error}")
    if not sound:
        raise typer.Exit(1)


def _model_lines(name: str, folder: Path, provider: str) -> Iterator[str]:
    """The lines on one model; raises where it cannot be used."""
    from smile_edge.runtime.manifest import ModelManifest
    from smile_edge.runtime.session import OnnxSession

    manifest = ModelManifest.load(folder / f"{name}.json")
    path = folder / manifest.file
    manifest.verify(path)
    yield f"{name:<12} {path}: {path.stat().st_size / 1e6:.2f} MB, sha256 {manifest.sha256[:12]} ok, {manifest.licence}"
    for key, value in _flat(manifest.metrics):
        yield f"{'':<14}{key}: {value}"
    report = OnnxSession(path, provider=provider).report
    yield f"{'':<14}provider: wanted {report.wanted}, obtained {report.obtained}, first run {report.warmup_ms:.1f} ms"
    if report.reason:
        yield f"{'':<14}why not more: {report.reason}"


def _flat(metrics: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested metrics as `a.b` and a value."""
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
