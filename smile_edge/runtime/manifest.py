"""The JSON beside each model: what it takes, what it gives, how it was made, and the hash that ties it to the file."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from smile_edge.errors import ManifestMismatchError, ModelError, one_line
from smile_edge.runtime.parameters import Parameters

__all__ = ["MANIFEST_SCHEMA", "MODELS", "MODELS_VARIABLE", "ModelManifest", "TensorSpec", "find_models", "sha256_of"]

MANIFEST_SCHEMA = 1
"""Version of the manifest format written and read here."""

MODELS = ("detector", "landmarks")
"""The models that a pipeline needs, by name."""

MODELS_VARIABLE = "SMILE_EDGE_MODELS"
"""Environment variable that names the folder of models."""

Shape = tuple[int | str, ...]

_LONGEST_NAME = 255
"""Bytes that a file name may have on most systems."""

_MISSING_CURE = "Export the model, or name its folder with --models."


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model."""

    name: str
    dtype: str
    """`float32`, `uint8`, ..."""
    shape: Shape
    """Sizes; a name such as `n`, `h`, `w` or `h/8` stands for any size."""
    layout: str | None = None
    """`NCHW` on image inputs."""
    colour: str | None = None
    """`BGR` on image inputs."""
    range: tuple[float, float] | None = None
    """Lowest and highest value of an input."""
    meaning: str | None = None
    """What an output holds, with its unit."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """What a model file is; sizes, ranges and thresholds of the runtime come from here."""

    name: str
    task: str
    """`face-detection` or `face-landmarks`."""
    file: str
    """Name of the model file in the manifest's folder."""
    sha256: str
    opset: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    topology: str
    """Name of the point set, as in `smile_edge.topology`."""
    licence: str
    """Licence of the weights."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Numbers the runtime needs: crop size, strides, thresholds, ..."""
    parity: Mapping[str, Any] = field(default_factory=dict)
    """Largest difference to the Keras model per output, and the sizes at which it was measured."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Data and its terms, minutes, recipe."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """Measured scores."""
    schema: int = MANIFEST_SCHEMA

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ModelManifest":
        """Read a manifest.

        Raises:
            ModelError: the file is missing or not JSON, or a field is missing or has the wrong type (it is named).
        """
        path = Path(path)
        try:
            data = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise ModelError(
                f"No model manifest at {path}. Export the model, or name its folder with --models."
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            why = one_line(error)[:200]
            raise ModelError(f"{path} cannot be read as JSON ({why}). Export the model again.") from None
        if not isinstance(data, dict):
            raise ModelError(f"{path} must hold a JSON object. Received: {_shown(data)}. Export the model again.")
        return _manifest(_Fields(data, str(path)))

    def verify(self, model_path: str | os.PathLike[str]) -> None:
        """Hold the model file against `sha256`.

        Raises:
            ModelError: there is no such file.
            ManifestMismatchError: the file is not the one this manifest was written for.
        """
        found = sha256_of(model_path)
        if found != self.sha256:
            raise ManifestMismatchError(
                f"{model_path} is not the model its manifest describes: expected sha256 {self.sha256[:12]}…, "
                f"found {found[:12]}…. Restore the file or export the model again."
            )

    def check_signature(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        """Hold a model's names and shapes against `inputs` and `outputs`; where the manifest has a
        name (any size) the model must have one too.

        Raises:
            ManifestMismatchError: a name or a size differs (it is named).
        """
        for kind, specs, found in (("input", self.inputs, inputs), ("output", self.outputs, outputs)):
            expected = [spec.name for spec in specs]
            if sorted(expected) != sorted(found):
                raise ManifestMismatchError(
                    f"{self.file}: the manifest names {kind}s {expected}, the model has {sorted(found)}. "
                    "Export the model again."
                )
            for spec in specs:
                if not _same_shape(spec.shape, found[spec.name]):
                    raise ManifestMismatchError(
                        f"{self.file}: the manifest gives {kind} {spec.name!r} the shape {list(spec.shape)}, "
                        f"the model has {list(found[spec.name])}. Export the model again."
                    )

    def reading(self) -> Parameters:
        """The parameters, to be taken one by one, each within what can be used."""
        return Parameters(self.file, self.parameters)

    def check_input(self, name: str, size_px: int) -> None:
        """Holds that an input of square images has the size that a parameter says.

        Raises:
            ManifestMismatchError: it has another.
        """
        sizes = {side for spec in self.inputs for side in spec.shape[2:] if isinstance(side, int)}
        if sizes - {size_px}:
            raise ManifestMismatchError(
                f"The manifest of {self.file}: {name} is {size_px}, but its input has {max(sizes)} px. Export the model"
                " again."
            )

    def check_outputs(self, names: Iterable[str]) -> None:
        """Holds that the model gives these outputs, and maybe others.

        Raises:
            ManifestMismatchError: one is missing.
        """
        for name in sorted(set(names) - {spec.name for spec in self.outputs}):
            raise ManifestMismatchError(
                f"The manifest of {self.file} names no output {name!r}, which its parameters ask for. Export the model"
                " again."
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the manifest as indented JSON, one key order, no absent values."""
        record = {"schema": self.schema, **asdict(self)}
        for kind in ("inputs", "outputs"):
            record[kind] = [{key: value for key, value in spec.items() if value is not None} for spec in record[kind]]
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        Path(path).write_text(text + "\n", "utf-8")


def find_models(option: str | os.PathLike[str] | None = None) -> Path:
    """The folder of models: the option, else `SMILE_EDGE_MODELS`, else the package's own, else the repository's.

    Raises:
        ModelError: the folder that was named does not exist, or none was named and none ships with this copy.
    """
    for value, where in ((option, "--models"), (os.environ.get(MODELS_VARIABLE), MODELS_VARIABLE)):
        if value:
            if not _is_folder(Path(value)):
                raise ModelError(
                    f"{where} names {value}, which is not a folder. Name the folder that holds detector.json."
                )
            return Path(value)
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "models", package.parent / "models"):
        if any(folder.glob("*.json")):
            return folder
    raise ModelError(
        f"No models came with this smile-edge (looked in {package / 'models'} and {package.parent / 'models'}). "
        f"Reinstall it, run `make export`, or name a folder with --models or {MODELS_VARIABLE}."
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, or in a folder that is not ours to read
        return False


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file.

    Raises:
        ModelError: the file is missing or cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ModelError(f"No model file at {path}. {_MISSING_CURE}") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from None


def _manifest(fields: "_Fields") -> ModelManifest:
    schema = fields.whole("schema")
    if schema != MANIFEST_SCHEMA:
        raise ModelError(f"{fields.where} has schema {schema}, expected {MANIFEST_SCHEMA}. Update smile-edge.")
    return ModelManifest(
        schema=schema,
        name=fields.text("name"),
        task=fields.text("task"),
        file=fields.file_name("file"),
        sha256=fields.text("sha256"),
        opset=fields.whole("opset"),
        inputs=tuple(_tensor(item) for item in fields.objects("inputs")),
        outputs=tuple(_tensor(item) for item in fields.objects("outputs")),
        topology=fields.text("topology"),
        licence=fields.text("licence"),
        parameters=fields.mapping("parameters"),
        parity=fields.mapping("parity"),
        training=fields.mapping("training"),
        metrics=fields.mapping("metrics"),
    )


def _tensor(fields: "_Fields") -> TensorSpec:
    return TensorSpec(
        name=fields.text("name"),
        dtype=fields.text("dtype"),
        shape=fields.shape("shape"),
        layout=fields.optional_text("layout"),
        colour=fields.optional_text("colour"),
        range=fields.optional_range("range"),
        meaning=fields.optional_text("meaning"),
    )


class _Fields:
    """Typed reading of a JSON object, with the path of each field in the error."""

    def __init__(self, data: Mapping[str, Any], where: str, prefix: str = "") -> None:
        self.data, self.where, self.prefix = data, where, prefix

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "must be a text", value)
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.data.get(name) is None else self.text(name)

    def file_name(self, name: str) -> str:
        value = self.text(name)
        plain = value.isprintable() and "\\" not in value and len(value.encode()) <= _LONGEST_NAME
        if not plain or value == ".." or Path(value).name != value:
            raise self._wrong(name, "must be a file name without a folder", value)
        return value

    def whole(self, name: str) -> int:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "must be a whole number", value)
        return value

    def shape(self, name: str) -> Shape:
        value = self._get(name)
        sound = isinstance(value, list) and all(_is_size(size) for size in value)
        if not sound:
            raise self._wrong(name, "must be a list of sizes or names", value)
        return tuple(value)

    def optional_range(self, name: str) -> tuple[float, float] | None:
        value = self.data.get(name)
        if value is None:
            return None
        match value:
            case [int() | float() as low, int() | float() as high]:
                return float(low), float(high)
        raise self._wrong(name, "must be [lowest, highest]", value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._get(name)
        if not isinstance(value, dict):
            raise self._wrong(name, "must be an object", value)
        return value

    def objects(self, name: str) -> "list[_Fields]":
        value = self._get(name)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self._wrong(name, "must be a list of objects", value)
        return [_Fields(item, self.where, f"{self.prefix}{name}[{index}].") for index, item in enumerate(value)]

    def _get(self, name: str) -> Any:
        if name not in self.data:
            raise ModelError(f"{self.where}: field `{self.prefix}{name}` is missing. Export the model again.")
        return self.data[name]

    def _wrong(self, name: str, expected: str, value: Any) -> ModelError:
        return ModelError(
            f"{self.where}: field `{self.prefix}{name}` {expected}. Received: {_shown(value)}. Export the model again."
        )


def _is_size(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31)


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):  # a whole number of more than 4,300 digits
        text = "something that is too large"
    return text if len(text) <= 60 else text[:57] + "..."


def _same_shape(expected: Shape, found: Shape) -> bool:
    return len(expected) == len(found) and all(
        isinstance(b, str) if isinstance(a, str) else a == b for a, b in zip(expected, found, strict=True)
    )
