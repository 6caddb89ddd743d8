"""The whole export of one model: load, convert, clean, compare, write, describe."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from export.conversion.convert import OPSET, convert, output_names
from export.conversion.describe import describe, read_record
from export.conversion.parity import TOLERANCE, check_parity
from export.conversion.weights import load_weights, with_named_output
from export.errors import WeightsError
from export.staging import drafted, published
from export.tasks import DENSE_LANDMARKS, POINTS, TASKS, ExportTask, points_task, task_of
from smile_edge.errors import UsageError
from smile_edge.runtime.manifest import ModelManifest

__all__ = ["export_model"]


def export_model(
    weights: Path,
    task_name: str,
    out: Path,
    *,
    metrics: Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    tolerance: float = TOLERANCE,
) -> ModelManifest:
    """Writes `<out>/<task>.onnx`, `.json` and `.keras`; they appear only when the model passed every check.

    The `.keras` file is a copy of the weights: what `train --init` starts from.

    Args:
        weights: a `.keras` file with `config.json` beside it.
        task_name: one of `export.tasks.TASKS`, or `POINTS` for a network of `train.compare`.
        out: folder, made where missing.
        metrics: measured scores as JSON; without it those that training left beside the weights, if there.
        parameters: of the runtime, in place of the task's defaults (`export.tasks`).
        tolerance: see `export.conversion.parity`.

    Raises:
        ExportError: see `export.errors`.
        UsageError: a parameter that the task does not have.
    """
    parameters = parameters or {}
    known = set() if task_name == POINTS else {*TASKS[task_name].parameters}
    known |= set(DENSE_LANDMARKS.parameters if task_name == DENSE_LANDMARKS.name else ())
    if unknown := sorted(set(parameters) - known):
        raise UsageError(f"A {task_name} model has the parameters {sorted(known)}. Received: {unknown}.")
    config = read_record(weights.parent / "config.json", required=weights.is_file())
    beside = weights.with_name("last.json" if weights.stem == "last" else "metrics.json")
    scores = read_record(metrics or beside, required=metrics is not None)
    model = load_weights(weights)
    if task_name == POINTS:
        task, model = _points(model, config, weights)
    else:
        task = task_of(task_name, output_names(model))
    converted = convert(model, task)
    with drafted(out, f"{task.name}.onnx") as draft:
        onnx.save(converted, draft)
        parity = check_parity(model, draft, task, tolerance)
        manifest = published(draft, describe(task, draft, OPSET, parity, config, scores, parameters), out)
        kept = out / f"{task.name}.keras"
        if not (kept.exists() and kept.samefile(weights)):
            shutil.copyfile(weights, kept)
    return manifest


def _points(model: Any, config: Mapping[str, Any], weights: Path) -> tuple[ExportTask, Any]:
    """The task of a network of `train.compare`, and that network with a name for what it gives.

    Raises:
        WeightsError: it is another network, or its run does not name the points.
    """
    inputs, outputs = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if not (isinstance(inputs, tuple) and isinstance(outputs, tuple) and len(inputs) == 4 and len(outputs) == 3):
        raise WeightsError(
            f"{weights} does not map one image to points (n, k, 2): it takes {inputs} and gives {outputs}. Name "
            "best.keras of a run of `python -m train compare`, or the right --task."
        )
    asked = config.get("asked")
    names = asked.get("names") if isinstance(asked, Mapping) else None
    if not isinstance(names, list) or len(names) != outputs[1]:
        raise WeightsError(
            f"{weights.parent / 'config.json'} does not name the {outputs[1]} points of the network. Name best.keras "
            "of a run of `python -m train compare`, with its config.json beside it."
        )
    return points_task([str(name) for name in names], int(inputs[1])), with_named_output(model, POINTS)
