"""`smile-edge bench`: frames per second and latency of each stage on this machine."""

import json
from typing import Annotated, Any

import typer

from smile_edge.cli.console import (
    LiveLine,
    ModelsOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    provider_text,
    require_positive,
)

__all__ = ["bench_command"]


def bench_command(
    frames: Annotated[int, typer.Option(metavar="N", help="Calls for each stage.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
) -> None:
    """Time every stage on the built-in demo.

    Frames (or calls) per second and latency p50, p95, p99 in milliseconds.
    """
    require_positive(frames=frames, threads=threads)
    from smile_edge.diagnostics.stage_timing import run_bench
    from smile_edge.pipeline.models import Models

    loaded = Models.load(models, provider=provider, threads=threads, precision=precision)
    line = LiveLine()
    report = run_bench(loaded, frames, lambda stage: line.draw(f"timing {stage}") if line.live else None)
    if line.live:
        line.draw("")
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    for text in _table(report):
        typer.echo(text)
    typer.echo(f"provider {provider_text(dict(loaded.reports))}")


def _table(report: dict[str, Any]) -> list[str]:
    machine, source = report["machine"], report["source"]
    head = f"{machine['processor']}, {machine['cores']} cores; {source['name']} {source['width']}x{source['height']}"
    lines = [head, f"{'stage':<28}{'fps':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
    for timing in report["timings"]:
        lines.append(
            f"{timing['stage']:<28}{timing['fps']:>9.1f}{timing['p50_ms']:>9.2f}{timing['p95_ms']:>9.2f}"
            f"{timing['p99_ms']:>9.2f}"
        )
    return lines
