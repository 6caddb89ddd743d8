"""The command of the GPU run; `benchmarks.__main__` adds it to its own."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_commands"]


def add_commands(app: typer.Typer) -> None:
    """Adds `gpu` and the hidden command that runs one of its steps."""
    app.command()(gpu)
    app.command("_gpu_step", hidden=True)(step)


def gpu(
    provider: Annotated[str, typer.Option(help="cuda, or cpu for a trial of the run itself.")] = "cuda",
    out: Annotated[Path, typer.Option(help="Receives gpu.json and gpu.md.")] = Path("benchmarks/results"),
    models: Annotated[Path | None, typer.Option(help="Folder of the models; default: those that ship.")] = None,
    limit_s: Annotated[float, typer.Option(min=10, metavar="S", help="Seconds that the whole run may take.")] = 340,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer cases and calls.")] = False,
) -> None:
    """Everything that a GPU is worth to us, in six minutes; each figure is stored as soon as it is there."""
    from benchmarks.gpu.report import short_table, write_page
    from benchmarks.gpu.run import RESULT, measure
    from benchmarks.reporting.environment import command_line
    from smile_edge.errors import UsageError

    if provider not in ("cuda", "cpu"):
        raise UsageError(f"--provider must be cuda or cpu. Received: {provider!r}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out names {out}, where no folder can be made: {error.strerror}") from None
    command = command_line("gpu", {"provider": provider, "models": models, "quick": quick})
    with tempfile.TemporaryDirectory(prefix="smile-edge-") as scratch:
        results = measure(
            provider,
            out,
            Path(scratch),
            models=models,
            limit_s=limit_s,
            quick=quick,
            command=command,
            tell=lambda text: typer.echo(text, err=True),
        )
    write_page(results, out)
    typer.echo(short_table(results))
    typer.echo(f"{results['seconds']:.0f} s; {out / RESULT}, with its table beside it", err=True)


def step(
    name: Annotated[str, typer.Argument(help="Name of the step.")],
    order: Annotated[str, typer.Argument(help="JSON object: provider, models, seconds, quick.")],
) -> None:
    """One step in this process: what `gpu` starts; prints a line of JSON a figure."""
    from benchmarks.gpu.steps import STEPS, run_step
    from smile_edge.errors import UsageError

    if name not in STEPS:
        raise UsageError(f"there is no step {name!r}; there are {', '.join(STEPS)}")
    try:
        orders = json.loads(order)
    except ValueError as error:
        raise UsageError(f"an order to run a step must be a JSON object ({error}). Received: {order[:80]}") from None
    run_step(name, orders)
