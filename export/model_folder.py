"""A folder of models that works by itself: the runtime wants every model in the folder it is given."""

import shutil
from pathlib import Path

from export.errors import ExportError
from export.tasks import TASKS
from smile_edge.errors import ManifestMismatchError, ModelError
from smile_edge.runtime.manifest import ModelManifest, find_models
from smile_edge.runtime.precision import INT8, int8_manifest

__all__ = ["complete_folder", "useless_int8"]


def complete_folder(out: Path) -> list[tuple[Path, Path]]:
    """Copies the models that `out` lacks from the shipped ones; what is there already stays as it is.

    A quantised model comes with the float32 model that it was made from, and never without that.

    Returns:
        From where and to where, for each model copied; nothing where no models are shipped.

    Raises:
        ExportError: a model cannot be copied.
        ManifestMismatchError: a shipped model is not the one that its manifest describes.
    """
    try:
        shipped = find_models()
    except ModelError:
        return []
    copied = []
    for name in TASKS:
        source = shipped / f"{name}.json"
        if (out / source.name).exists() or not source.is_file():
            continue
        manifest = ModelManifest.load(source)
        manifest.verify(shipped / manifest.file)
        copied.append(_copy(manifest, shipped, out))
        if (shipped / f"{name}{INT8}.json").is_file() and useless_int8(shipped, name) is None:
            copied.append(_copy(int8_manifest(shipped, manifest), shipped, out))
    return copied


def useless_int8(folder: Path, name: str) -> str | None:
    """Why the runtime will not use the quantised model of a folder; None where it may, or where there is none."""
    if not (folder / f"{name}{INT8}.json").is_file():
        return None
    try:
        int8_manifest(folder, ModelManifest.load(folder / f"{name}.json"))
    except ManifestMismatchError as error:
        return str(error)
    return None


def _copy(manifest: ModelManifest, shipped: Path, out: Path) -> tuple[Path, Path]:
    """One model and its manifest; from where and to where the model went."""
    try:
        # The manifest comes last: a folder holds a model once it holds its manifest.
        for file in (manifest.file, f"{manifest.name}.json"):
            shutil.copyfile(shipped / file, out / file)
    except OSError as error:
        raise ExportError(
            f"Cannot copy {shipped / manifest.file} to {out} ({error.strerror}). Name another folder with --out."
        ) from None
    return shipped / manifest.file, out / manifest.file
