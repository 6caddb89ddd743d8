"""`python -m export --weights runs/landmarks/best.keras --task landmarks --out models`, and `python -m export fuse`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from export.conversion.parity import TOLERANCE
from export.tasks import POINTS
from smile_edge.cli.run_app import run_app
from smile_edge.errors import SmileEdgeError, UsageError
from smile_edge.runtime.manifest import ModelManifest
from train.quiet_start import load_keras

_DEFAULT = "model"


class _Commands(TyperGroup):
    """Options without a command belong to the one that exports a model."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_Commands, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


class TaskName(StrEnum):
    """The keys of `export.tasks.TASKS`."""

    LANDMARKS = "landmarks"
    DETECTOR = "detector"


class ExportName(StrEnum):
    """What can be exported: the models of the runtime, and networks of `train compare`."""

    LANDMARKS = "landmarks"
    DETECTOR = "detector"
    POINTS = POINTS


@app.command(_DEFAULT)
def main(
    weights: Annotated[
        Path,
        typer.Option(help="The trained model, a .keras file with config.json beside it.", exists=True, dir_okay=False),
    ],
    task: Annotated[
        ExportName,
        typer.Option(help="What the model does; points: a network of `train compare`, which gives points only."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the .onnx file and its manifest.")] = Path("models"),
    metrics: Annotated[Path | None, typer.Option(help="Measured scores (JSON) for the manifest.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=NUMBER", help="A parameter of the runtime, e.g. score_threshold=0.4; repeat."
        ),
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Largest relative difference to Keras.", min=0.0)] = TOLERANCE,
    complete: Annotated[
        bool, typer.Option(help="Copy the shipped models that the folder lacks, so that it can be used by itself.")
    ] = True,
) -> None:
    """Export a trained Keras model to ONNX; fails unless names, shapes and values match. (May be left out.)"""
    load_keras()  # takes seconds: not before the arguments have been read
    from export.conversion.run import export_model
    from export.model_folder import complete_folder, useless_int8

    try:
        parameters = dict(_parameter(text) for text in set_ or [])
        manifest = export_model(weights, task.value, out, metrics=metrics, parameters=parameters, tolerance=tolerance)
        copied = complete_folder(out) if complete and task is not ExportName.POINTS else []
        useless = useless_int8(out, task.value)
    except SmileEdgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    _report(out, manifest, "Keras")
    for source, copy in copied:
        typer.echo(f"{copy}: copied from {source.parent}, to use the folder by itself")
    if useless is not None:
        typer.echo(f"not used any more: {useless}")


@app.command("fuse")
def fuse_models(
    models: Annotated[
        Path, typer.Option(help="Folder with the detector and the landmark model.", exists=True, file_okay=False)
    ] = Path("models"),
    out: Annotated[Path | None, typer.Option(help="Folder for fused.onnx; beside the models unless given.")] = None,
    faces: Annotated[int, typer.Option(help="Faces that one call looks at.")] = 8,
    provider: Annotated[
        str, typer.Option(help="Where the graph runs while it is compared with the two models: cpu or cuda.")
    ] = "cpu",
    frames: Annotated[int, typer.Option(min=1, help="Frames of the demo on which it is compared with them.")] = 200,
) -> None:
    """Make the one-graph pipeline for CUDA out of the two exported models; needs no TensorFlow."""
    from export.fusion.fuse import fuse

    out = out or models
    try:
        manifest = fuse(models, out, faces=faces, provider=provider, frames=frames)
    except SmileEdgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    _report(out, manifest, "the two models")


@app.command("quantize")
def quantize_model(
    task: Annotated[TaskName, typer.Option(help="Which model.")],
    data: Annotated[
        list[Path],
        typer.Option(
            help="Folder of a data pack, or the CSV that the model was fine-tuned on; repeat. Its training "
            "split calibrates, the pictures held out from it judge.",
            exists=True,
        ),
    ],
    models: Annotated[Path, typer.Option(help="Folder with the float32 model.", exists=True, file_okay=False)] = Path(
        "models"
    ),
    out: Annotated[
        Path | None, typer.Option(help="Folder for <task>-int8.onnx; beside the model unless given.")
    ] = None,
    largest_loss: Annotated[
        float | None,
        typer.Option(
            help="Largest loss allowed: growth of the landmarks' error in %, or hundredths of average precision.",
            show_default="2 and 0.5",
            min=0.0,
        ),
    ] = None,
) -> None:
    """Make the model of 8-bit integers that the runtime may use on a CPU; refused where it is worse than float32."""
    from export.quantization.quantize import quantize

    out = out or models
    try:
        manifest = quantize(models, task.value, data, out, largest_loss=largest_loss, tell=_tell)
    except SmileEdgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    path = out / manifest.file
    scores = ", ".join(f"{name} {value:g}" for name, value in manifest.metrics["compared"].items())
    size = f"{path.stat().st_size / 1e6:.2f} MB"
    typer.echo(f"{path}: {size}, {manifest.metrics['times_as_fast']:g} times as fast here; compared on: {scores}")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _report(out: Path, manifest: ModelManifest, reference: str) -> None:
    """Says what was written and how far it lies from what it was made from."""
    path = out / manifest.file
    differences = ", ".join(f"{name} {value:g}" for name, value in manifest.parity["largest_difference"].items())
    typer.echo(f"{path}: {path.stat().st_size / 1e6:.2f} MB, largest difference to {reference}: {differences}")


def _parameter(text: str) -> tuple[str, Any]:
    """`score_threshold=0.4` as a name and a number (or a list of numbers)."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise UsageError(f"--set expects NAME=NUMBER, e.g. score_threshold=0.4. Received: {text!r}.") from None


if __name__ == "__main__":
    run_app(app, "export", "train")
