"""The manifest of an exported model: what the runtime needs, how it was trained, on what, and how well it does."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from export.errors import WeightsError
from export.tasks import ExportTask
from smile_edge.runtime.manifest import ModelManifest, sha256_of

__all__ = ["DATA_CREDIT", "WEIGHTS_LICENCE", "describe", "read_record"]

WEIGHTS_LICENCE = "Apache-2.0; trained on research data, see training.licence"

OWN_DATA = "that of the data it was trained on, which whoever trained it knows"

DATA_CREDIT = (
    "Trained and checked on public research data, none of which is part of this project: "
    "MTFL (Zhang et al., ECCV 2014) and FacePoint (Sun et al., CVPR 2013), The Chinese University of Hong Kong, for "
    "research; All-Age-Faces (Cheng et al., 2019), citation asked for; YouTube Faces (Wolf et al., CVPR 2011), "
    "citation asked for; WIDER FACE (Yang et al., CVPR 2016), for research; scenes with face masks described as CC0; "
    "ImageNet samples (Deng et al., CVPR 2009) and BSDS500 (Arbelaez et al., TPAMI 2011), research benchmarks."
)


def describe(
    task: ExportTask,
    model_path: Path,
    opset: int,
    parity: Mapping[str, Any],
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    parameters: Mapping[str, Any],
) -> ModelManifest:
    """The manifest of a model.

    Args:
        model_path: its file, or a draft of it.
        config: the run's resolved configuration: `packs` and `minutes` are shown, and the whole is kept as the recipe.
        metrics: measured scores, kept as they are.
        parameters: of the runtime; they come before the task's defaults.
    """
    recipe = _without_folders(config)
    return ModelManifest(
        name=task.name,
        task=task.task,
        file=f"{task.name}.onnx",
        sha256=sha256_of(model_path),
        opset=opset,
        inputs=(task.input,),
        outputs=task.outputs,
        topology=task.topology,
        licence=OWN_DATA if task.own_data else WEIGHTS_LICENCE,
        parameters={**task.parameters, **parameters},
        parity=parity,
        training={
            "data": recipe.get("packs"),
            "licence": OWN_DATA if task.own_data else DATA_CREDIT,
            "minutes": recipe.get("minutes"),
            "recipe": recipe,
        },
        metrics=metrics,
    )


def read_record(path: Path, required: bool = False) -> dict[str, Any]:
    """A JSON object from a file; empty where the file is missing and not required.

    Raises:
        WeightsError: the file is required and missing, or does not hold a JSON object.
    """
    if not path.is_file():
        if required:
            raise WeightsError(f"No {path.name} beside the weights ({path}). Expected the run's configuration.")
        return {}
    try:
        record = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WeightsError(f"{path} is not JSON ({error}). Train again or write it anew.") from None
    if not isinstance(record, dict):
        raise WeightsError(f"{path} must hold a JSON object. Received: {type(record).__name__}.")
    return record


def _without_folders(value: Any) -> Any:
    """The same record with absolute paths cut to their last part: they tell of the trainer's machine, not the model."""
    if isinstance(value, Mapping):
        return {key: _without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_folders(item) for item in value]
    if isinstance(value, str) and PurePath(value).is_absolute():
        return PurePath(value).name
    return value
