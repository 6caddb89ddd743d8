"""The whole export of one model: load, convert, clean, compare, write, describe."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from export.conversion.convert import OPSET, convert, output_names
from export.conversion.describe import describe, read_record
from export.conversion.parity import TOLERANCE, check_parity
from export.conversion.weights import load_weights
from export.staging import drafted, published
from export.tasks import DENSE_LANDMARKS, TASKS, task_of
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
        task_name: one of `export.tasks.TASKS`.
        out: folder, made where missing.
        metrics: measured scores as JSON; without it those that training left beside the weights, if there.
        parameters: of the runtime, in place of the task's defaults (`export.tasks`).
        tolerance: see `export.conversion.parity`.

    Raises:
        ExportError: see `export.errors`.
        UsageError: a parameter that the task does not have.
    """
    parameters = parameters or {}
    known = {*TASKS[task_name].parameters, *(DENSE_LANDMARKS.parameters if task_name == DENSE_LANDMARKS.name else ())}
    if unknown := sorted(set(parameters) - known):
        raise UsageError(f"A {task_name} model has the parameters {sorted(known)}. Received: {unknown}.")
    config = read_record(weights.parent / "config.json", required=weights.is_file())
    beside = weights.with_name("last.json" if weights.stem == "last" else "metrics.json")
    scores = read_record(metrics or beside, required=metrics is not None)
    model = load_weights(weights)
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
