"""`smile-edge info`: what is installed, which models are found, what they run on and why not on more."""

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

import smile_edge
from smile_edge.cli.console import ModelsOption, ProviderOption
from smile_edge.errors import SmileEdgeError, UsageError

__all__ = ["info_command"]

_WIDTH = 12


def info_command(
    models: ModelsOption = None,
    provider: ProviderOption = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON: manifests and measured scores too.")
    ] = False,
) -> None:
    """Show versions, models and providers.

    For each model: whether its hash is right, its size and task, the provider really obtained and why not more. The
    exit code is 1 where a model cannot be used.
    """
    facts = _gather(models, provider)
    if as_json:
        typer.echo(json.dumps(facts, indent=2, default=str))
    else:
        for line in _lines(facts):
            typer.echo(line)
    if any("error" in model for model in facts["models"].values()):
        raise typer.Exit(1)


def _gather(models: Path | None, provider: str) -> dict[str, Any]:
    """Versions, the folder of the models, and each of them."""
    import cv2
    import numpy as np

    from smile_edge.runtime.manifest import MODELS, find_models
    from smile_edge.runtime.session import runtime_version

    versions = {
        "smile-edge": smile_edge.__version__,
        "python": f"{platform.python_version()} on {platform.platform()}",
        "onnxruntime": runtime_version(),
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }
    folder = find_models(models)
    found = {name: _model(name, folder, provider) for name in MODELS}
    return {"versions": versions, "models_folder": str(folder), "models": found}


def _model(name: str, folder: Path, provider: str) -> dict[str, Any]:
    """Manifest, file and session of a model; `error` in place of what is not to be had.

    Raises:
        UsageError: there is no such provider.
    """
    from smile_edge.runtime.manifest import ModelManifest
    from smile_edge.runtime.session import OnnxSession

    try:
        manifest = ModelManifest.load(folder / f"{name}.json")
        path = folder / manifest.file
        manifest.verify(path)
        report = OnnxSession(path, provider=provider).report
    except UsageError:
        raise
    except SmileEdgeError as error:
        return {"error": str(error)}
    return {"path": str(path), "bytes": path.stat().st_size, "report": asdict(report), "manifest": asdict(manifest)}


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """What a person wants to know."""
    for name, value in facts["versions"].items():
        yield _row(name, value)
    yield _row("models", facts["models_folder"])
    for name, model in facts["models"].items():
        if "error" in model:
            yield _row(name, f"unusable: {model['error']}")
        else:
            yield from _model_lines(name, model)
    yield _row("more", "smile-edge info --json; smile-edge doctor finds what is broken or missing")


def _model_lines(name: str, model: Mapping[str, Any]) -> Iterator[str]:
    from smile_edge.runtime.providers import needs_no_telling

    manifest, report = model["manifest"], model["report"]
    size = f"{model['bytes'] / 1e6:.2f} MB"
    yield _row(name, f"{manifest['file']}, {size}, sha256 {manifest['sha256'][:12]} ok, {manifest['task']}")
    yield _row("", f"licence: {manifest['licence']}")
    obtained = f"obtained {report['obtained']}, first run {report['warmup_ms']:.1f} ms"
    yield _row("", f"provider: wanted {report['wanted']}, {obtained}")
    if report["reason"] and not needs_no_telling(report["wanted"], report["reason"]):
        yield _row("", f"why not more: {report['reason']}")


def _row(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}} {text}"
