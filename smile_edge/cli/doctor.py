"""`smile-edge doctor`: what is wanted, what is there, what the sessions got, and the cure for what is missing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.console import ModelsOption, PrecisionOption, ProviderOption
from smile_edge.errors import ProviderError

if TYPE_CHECKING:
    from smile_edge.diagnostics.facts import Facts, ModelFacts
    from smile_edge.diagnostics.findings import Finding

__all__ = ["doctor_command"]

_WIDTH = 12


def doctor_command(
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    models: ModelsOption = None,
    require_gpu: Annotated[
        bool, typer.Option("--require-gpu", help="Exit with 2 when the models do not run on a GPU.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Find what is broken or missing, and how to cure it.

    Exit code: 0 everything that is wanted works, 1 something is broken, 2 --require-gpu was not met.
    """
    from smile_edge.diagnostics.facts import gather
    from smile_edge.diagnostics.findings import diagnose, gpu_finding, gpu_obtained

    facts = gather(models, provider, precision)
    findings = diagnose(facts, require_gpu=require_gpu)
    broken = [finding for finding in findings if finding.level == "broken"]
    if as_json:
        record = {"ok": not broken, **asdict(facts), "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(record, indent=2))
    else:
        for line in (*_facts(facts), "", *_findings(findings)):
            typer.echo(line)
    if require_gpu and not gpu_obtained(facts):
        missing = gpu_finding(facts, require_gpu=True)
        raise ProviderError("--require-gpu: " + ("" if missing is None else _sentence(missing)))
    if broken:
        raise typer.Exit(1)


def _facts(facts: "Facts") -> Iterator[str]:
    """What is there, one line each."""
    yield _row("smile-edge", facts.version)
    yield _row("python", f"{facts.python} on {facts.system}")
    for name, module, stem in (("numpy",) * 3, ("opencv", "cv2", "opencv"), ("onnxruntime",) * 3):
        yield _row(name, _library(facts, module, stem))
    yield _row("nvidia", _nvidia(facts))
    yield _row("models", facts.models_folder or "none")
    for model in facts.models:
        yield _row(f"  {model.name}", _model(facts, model))
        if model.precision is not None:
            yield _row("", model.precision + (f": {model.precision_reason}" if model.precision_reason else ""))
        for used, operators in model.placement.items():
            if len(model.placement) > 1 and used == "cpu":
                listed = ", ".join(f"{name} x{count}" for name, count in sorted(operators.items()))
                yield _row("", f"on the cpu: {listed}")
    yield _row("window", f"{facts.window.toolkit or 'none'}, display {'answers' if facts.window.display else 'none'}")
    if facts.cameras is not None:
        cameras = [f"{one.path} {one.name}{'' if one.permitted else ' (no permission)'}" for one in facts.cameras]
        for index, camera in enumerate(cameras or ["none"]):
            yield _row("" if index else "cameras", camera)
    if facts.live:
        yield _row("sending", ", ".join(f"{name} {version or 'not installed'}" for name, version in facts.live.items()))
    if facts.virtual_camera is not None:
        devices = ", ".join(device.path for device in facts.virtual_camera.devices)
        module = "v4l2loopback" if facts.virtual_camera.module else "v4l2loopback not loaded"
        yield _row("virtual", f"{module}, {devices or 'no device'}")


def _library(facts: "Facts", module: str, stem: str) -> str:
    """Version, and the wheels it may come from."""
    wheels = [f"{name} {version}" for name, version in facts.wheels.items() if name.split("-")[0] == stem]
    text = facts.modules.get(module) or "cannot be imported"
    if wheels and wheels != [f"{module} {text}"]:
        text += f" ({', '.join(wheels)})"
    if module == "onnxruntime" and facts.providers:
        text += f", built with {', '.join(facts.providers)}" + (f", CUDA {facts.cuda}" if facts.cuda else "")
    return text


def _nvidia(facts: "Facts") -> str:
    nvidia = facts.nvidia
    if not nvidia.gpus and nvidia.driver_cuda is None:
        return "a GPU without a driver" if nvidia.on_bus else "no GPU, no driver"
    missing = [name for name, place in nvidia.libraries.items() if place is None]
    libraries = f"missing {', '.join(missing)}" if missing else "CUDA libraries found"
    gpus = "; ".join(nvidia.gpus) or "no GPU that nvidia-smi lists"
    return f"{gpus}, up to CUDA {nvidia.driver_cuda or '?'}, {libraries}"


def _model(facts: "Facts", model: "ModelFacts") -> str:
    """Hash, and nodes by provider."""
    if model.error is not None or model.obtained is None or model.warmup_ms is None:
        return "unusable" if model.sha256 is None else "sound, but no session"
    nodes = {used: sum(operators.values()) for used, operators in model.placement.items()}
    split = ", ".join(f"{count} of {sum(nodes.values())} nodes on {used}" for used, count in nodes.items())
    wanted = f"wanted {facts.wanted}, got {model.obtained}"
    return f"sha256 {(model.sha256 or '')[:12]} ok, {wanted}: {split}, first run {model.warmup_ms:.1f} ms"


def _findings(findings: "Sequence[Finding]") -> Iterator[str]:
    """The verdict: what is wrong, each with its cure below it."""
    for finding in findings:
        yield _row(finding.level, finding.what)
        if finding.cure:
            yield _row("", f"cure: {finding.cure}")
    broken = sum(finding.level == "broken" for finding in findings)
    yield _row("verdict", f"{broken} broken" if broken else "all that is wanted works")


def _sentence(finding: "Finding") -> str:
    return f"{finding.what}; {finding.cure}" if finding.cure else finding.what


def _row(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}} {text}".rstrip()
