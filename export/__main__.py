"""`python -m export --weights runs/landmarks/best.keras --task landmarks --out models`."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from export.parity import TOLERANCE
from smile_edge.errors import SmileEdgeError, UsageError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class TaskName(StrEnum):
    """The keys of `export.tasks.TASKS`."""

    LANDMARKS = "landmarks"
    DETECTOR = "detector"


@app.command()
def main(
    weights: Annotated[
        Path,
        typer.Option(help="The trained model, a .keras file with config.json beside it.", exists=True, dir_okay=False),
    ],
    task: Annotated[TaskName, typer.Option(help="What the model does.")],
    out: Annotated[Path, typer.Option(help="Folder for the .onnx file and its manifest.")] = Path("models"),
    metrics: Annotated[Path | None, typer.Option(help="Measured scores (JSON) for the manifest.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=NUMBER", help="A parameter of the runtime, e.g. score_threshold=0.4; repeat."
        ),
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Largest relative difference to Keras.", min=0.0)] = TOLERANCE,
) -> None:
    """Export a trained Keras model to ONNX; fails unless names, shapes and values match."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow takes seconds to import: not before the arguments have been read.
    from export.run import export_model

    try:
        parameters = dict(_parameter(text) for text in set_ or [])
        manifest = export_model(weights, task.value, out, metrics=metrics, parameters=parameters, tolerance=tolerance)
    except SmileEdgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    size_mb = (out / manifest.file).stat().st_size / 1e6
    differences = ", ".join(f"{name} {value:g}" for name, value in manifest.parity["largest_difference"].items())
    typer.echo(f"{out / manifest.file}: {size_mb:.2f} MB, largest difference to Keras: {differences}")


def _parameter(text: str) -> tuple[str, Any]:
    """`score_threshold=0.4` as a name and a number (or a list of numbers)."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise UsageError(f"--set expects NAME=NUMBER, e.g. score_threshold=0.4. Received: {text!r}.") from None


if __name__ == "__main__":
    app()
