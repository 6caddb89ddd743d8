"""Loading a trained Keras model for export: in float32, whatever precision it was trained in."""

import copy
import importlib.util
from pathlib import Path
from typing import Any

import keras

from export.errors import WeightsError

__all__ = ["float32_config", "in_float32", "load_weights", "with_named_output"]

_HALVES = frozenset({"mixed_bfloat16", "mixed_float16", "bfloat16", "float16"})


def load_weights(path: Path) -> Any:
    """The Keras model of a `.keras` file, computing in float32.

    Raises:
        WeightsError: the file is missing, or Keras cannot load it.
    """
    if not path.is_file():
        raise WeightsError(f"No Keras model at {path}. Train one (`python -m train`), or name another with --weights.")
    # The networks' own layers must be registered with Keras before the file is read.
    if importlib.util.find_spec("train") is not None and importlib.util.find_spec("train.networks") is not None:
        importlib.import_module("train.networks.serialization")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises many kinds for a file that it cannot read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{path} cannot be loaded as a Keras model ({reason}). Train it again.") from error
    return in_float32(model)


def with_named_output(model: Any, name: str) -> Any:
    """A network of one output as one that gives it in a dict, under a name."""
    return keras.Model(model.input, {name: model.output})


def in_float32(model: Any) -> Any:
    """The same weights in a model whose every layer computes in float32.

    A model trained in mixed precision rounds between layers; on a CPU that is slower, and tf2onnx would write the
    casts into the graph.
    """
    rebuilt = model.__class__.from_config(float32_config(model.get_config()))
    if model.built and not rebuilt.built:
        rebuilt.build(model.input_shape)
    rebuilt.set_weights(model.get_weights())
    return rebuilt


def float32_config(config: Any) -> Any:
    """A Keras configuration with every half-precision dtype policy in it replaced by `float32`."""
    if isinstance(config, dict):
        replaced = {key: float32_config(value) for key, value in config.items()}
        if replaced.get("class_name") == "DTypePolicy" and replaced["config"].get("name") in _HALVES:
            replaced["config"] = {**replaced["config"], "name": "float32"}
        if isinstance(replaced.get("dtype"), str) and replaced["dtype"] in _HALVES:
            replaced["dtype"] = "float32"
        return replaced
    if isinstance(config, list | tuple):
        return type(config)(float32_config(value) for value in config)
    return copy.deepcopy(config)
