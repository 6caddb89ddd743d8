"""A folder of models that works by itself: the runtime wants every model in the folder it is given."""

import shutil
from pathlib import Path

from export.errors import ExportError
from export.tasks import TASKS
from smile_edge.errors import ModelError
from smile_edge.manifest import ModelManifest, find_models

__all__ = ["complete_folder"]


def complete_folder(out: Path) -> list[tuple[Path, Path]]:
    """Copies the models that `out` lacks from the shipped ones; what is there already stays as it is.

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
        try:
            # The manifest comes last: a folder holds a model once it holds its manifest.
            for file in (manifest.file, source.name):
                shutil.copyfile(shipped / file, out / file)
        except OSError as error:
            raise ExportError(
                f"Cannot copy {source} to {out} ({error.strerror}). Name another folder with --out."
            ) from None
        copied.append((shipped / manifest.file, out / manifest.file))
    return copied
