"""`python -m benchmarks`: the command line of the measurements."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli import gpu, hide, speed, tiles
from benchmarks.cli.fuzz import fuzz
from benchmarks.cli.kills import kills
from benchmarks.cli.thresholds import thresholds
from smile_edge.cli.run_app import run_app

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _benchmarks() -> None:
    """Measure the shipped models of smile-edge: how well they find faces, and how fast."""


@app.command()
def accuracy(
    data: Annotated[
        Path,
        typer.Option(
            help="Folder of evaluation packs: testing.txt, wider_face_bbx_gt.txt, keypoints.csv or labels.csv in each."
        ),
    ],
    peers: Annotated[
        Path | None, typer.Option(help="Other systems' predictions: a folder a pack, a JSON-lines file a system.")
    ] = None,
    negatives: Annotated[
        Path | None, typer.Option(help="Folder of face-free images; those that training held out are used.")
    ] = None,
    poses: Annotated[
        Path | None,
        typer.Option(help="Training pack in MTFL format with head poses; the faces that training left out are used."),
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of the models; default: those that ship.")] = None,
    out: Annotated[Path, typer.Option(help="Receives accuracy.json, accuracy.md and the plots.")] = Path(
        "benchmarks/results"
    ),
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many images of each pack.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Under two minutes: fewer images, angles and sizes.")] = False,
    provider: Annotated[str, typer.Option(help="Execution provider: cpu, auto, cuda or tensorrt.")] = "cpu",
) -> None:
    """Landmarks, detection, head pose, jitter and confidence of the shipped models, beside other systems' faces."""
    from benchmarks.accuracy.report import headline, write_report
    from benchmarks.accuracy.suite import Plan, measure
    from benchmarks.reporting.environment import command_line

    folders = {"data": data, "peers": peers, "negatives": negatives, "poses": poses, "models": models}
    options = {**folders, "limit": limit, "quick": quick, "provider": None if provider == "cpu" else provider}
    plan = (Plan.quick if quick else Plan)(data, peers, negatives, poses, limit)
    out.mkdir(parents=True, exist_ok=True)
    results = measure(plan, models, provider=provider, tell=lambda text: typer.echo(text, err=True))
    results = {"command": command_line("accuracy", options), "limit": plan.limit, **results}
    write_report(results, out)
    typer.echo(headline(results))
    typer.echo(f"{results['seconds']:.0f} s; JSON, tables and plots are in {out}", err=True)


speed.add_commands(app)
gpu.add_commands(app)
app.command()(fuzz)
app.command()(kills)
app.command()(thresholds)
hide.add_commands(app)
tiles.add_commands(app)


def main() -> None:
    """Entry point: what a user can cure is one line and exit code 2."""
    run_app(app, "benchmarks", "train")


if __name__ == "__main__":
    main()
