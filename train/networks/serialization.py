"""Networks in and out of files: `.keras`, and `.h5` as Keras 3 writes it or as TensorFlow 2.0 did."""

import inspect
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

import train.networks.blocks
import train.networks.detector
import train.networks.landmarker  # noqa: F401  (registers the layers that files name)
from train.errors import DataError

__all__ = ["load_network", "read_convolutions", "save_network", "start_from"]

HDF5_SUFFIXES = (".h5", ".hdf5")
_UNKNOWN_LAYER = re.compile(r"Could not locate class '(\w+)'")


def save_network(network: keras.Model, path: Path) -> None:
    """Writes a network; the suffix says how: `.keras`, or `.h5` for software that reads the older format.

    Raises:
        DataError: the suffix is another one, or the file cannot be written.
    """
    if path.suffix not in (".keras", *HDF5_SUFFIXES):
        raise DataError(f"{path}: expected a file name that ends in .keras or .h5")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        network.save(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error})") from None


def load_network(path: Path) -> keras.Model:
    """Reads a network, uncompiled, from `.keras` or `.h5`.

    Raises:
        DataError: the file is missing, broken, of another format, or holds weights without a network.
    """
    if not path.is_file():
        raise DataError(f"{path} not found: expected a network as .keras or .h5")
    if path.suffix in HDF5_SUFFIXES:
        with _open_hdf5(path) as file:
            config = _model_config(path, file)
            if _is_of_keras_2(path, config):
                return _sequential_of_keras_2(path, config["config"], file)
    elif path.suffix != ".keras":
        raise DataError(f"{path}: expected a file name that ends in .keras or .h5")
    elif not zipfile.is_zipfile(path):
        raise DataError(f"{path} is not a .keras file (it is no zip archive): save the network again")
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises many kinds, some of them over many lines
        if (unknown := _UNKNOWN_LAYER.search(str(error))) is not None:
            raise DataError(
                f"{path} holds a layer that this version does not have ({unknown[1]}): it was written by another "
                "version or program; name weights that `python -m train` of this one wrote, or that came with it"
            ) from None
        raise DataError(f"{path} cannot be read as a network ({_first_line(error)})") from None


def read_convolutions(path: Path) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Name, kernel `(h, w, in, out)` and bias `(out,)` of every convolution in a file, in the order of their names.

    The order is that of the layers for networks whose convolutions are numbered, as VGG19's are. Reads weights alone or
    a whole network, from `.h5`, `.weights.h5` and `.keras`, without building the network.

    Raises:
        DataError: the file is missing or broken, or holds no convolution.
    """
    if not path.is_file():
        raise DataError(f"weights file {path} not found: check the path")
    found: list[tuple[str, np.ndarray, np.ndarray]] = []

    def visit(name: str, group: h5py.Group | h5py.Dataset) -> None:
        if isinstance(group, h5py.Group):
            arrays = [item for item in group.values() if isinstance(item, h5py.Dataset)]
            kernels = [array[...] for array in arrays if array.ndim == 4]
            biases = [array[...] for array in arrays if array.ndim == 1]
            if len(kernels) == len(biases) == 1:
                found.append((name, kernels[0], biases[0]))

    with _open_hdf5(path) as file:
        file.visititems(visit)
    if not found:
        raise DataError(f"{path} holds no convolutions: expected weights as .h5, .weights.h5 or .keras")
    return sorted(found, key=lambda item: _natural(item[0]))


def _natural(name: str) -> list[str | int]:
    """Sort key in which layer 10 comes after layer 9."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@contextmanager
def _open_hdf5(path: Path) -> Iterator[h5py.File]:
    """The HDF5 file, or the one inside a `.keras` archive."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                source: Any = BytesIO(archive.read("model.weights.h5"))
        else:
            source = path
        file = h5py.File(source, "r")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable file of weights ({_first_line(error)})") from None
    with file:
        try:
            yield file
        except (OSError, KeyError, RuntimeError) as error:
            raise DataError(f"{path} is damaged ({_first_line(error)}): save or download it again") from None


def _model_config(path: Path, file: h5py.File) -> dict[str, Any]:
    text = file.attrs.get("model_config")
    if text is None:
        raise DataError(
            f"{path} holds weights but no network (no model_config): save the whole network, not its weights"
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{path}: its model_config is not JSON ({error})") from None


def _is_of_keras_2(path: Path, config: dict[str, Any]) -> bool:
    """Whether this is a Sequential that states its input in a layer's `batch_input_shape`, which Keras 3 misreads."""
    try:
        return config["class_name"] == "Sequential" and any(
            "batch_input_shape" in layer["config"] for layer in config["config"]["layers"]
        )
    except (KeyError, TypeError):
        raise DataError(f"{path}: its model_config describes no network: save the network again") from None


def _sequential_of_keras_2(path: Path, config: dict[str, Any], file: h5py.File) -> keras.Model:
    network = keras.Sequential(name=config.get("name"))
    has_input = False
    for described in config["layers"]:
        kind, settings = described["class_name"], described["config"]
        try:
            if not has_input and "batch_input_shape" in settings:
                network.add(keras.Input(batch_shape=settings["batch_input_shape"], dtype=settings.get("dtype")))
                has_input = True
            if kind != "InputLayer":
                network.add(_layer_of_keras_2(kind, settings))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            place = f"{path}, layer {settings.get('name')}"
            raise DataError(f"{place}: {kind} cannot be built ({_first_line(error)})") from None
    for layer in network.layers:
        values = _weights_of_keras_2(file, layer.name)
        expected, found = [tuple(weight.shape) for weight in layer.weights], [value.shape for value in values]
        if found != expected:
            raise DataError(f"{path}, layer {layer.name}: expected weights of shape {expected}, found {found}")
        layer.set_weights(values)
    return network


def _weights_of_keras_2(file: h5py.File, layer: str) -> list[np.ndarray]:
    group = file.get(f"model_weights/{layer}")
    names = [] if group is None else group.attrs.get("weight_names", [])
    return [group[name.decode() if isinstance(name, bytes) else str(name)][...] for name in names]


def _layer_of_keras_2(class_name: str, config: dict[str, Any]) -> keras.layers.Layer:
    """The layer of today; what Keras 2 wrote and its successor does not know is left out."""
    kind = getattr(keras.layers, class_name)
    known = {*inspect.signature(kind.__init__).parameters, "name", "trainable", "dtype"}
    return kind.from_config({key: value for key, value in config.items() if key in known})


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def start_from(network: keras.Model, init: Path) -> keras.Model:
    """Gives the network the weights of a trained one, `.keras` or `.h5`, and returns that one.

    Raises:
        DataError: the file cannot be read, or holds another network.
    """
    trained = load_network(init)
    kinds, expected = ([type(layer).__name__ for layer in model.layers] for model in (trained, network))
    shapes, wanted = ([weight.shape for weight in model.weights] for model in (trained, network))
    if kinds != expected or shapes != wanted:
        raise DataError(
            f"--init {init} is not a landmarker of this version ({trained.count_params()} parameters, expected "
            f"{network.count_params()}): name the landmarks.keras that came with it, or best.keras of a run of yours"
        )
    network.set_weights(trained.get_weights())
    return trained
