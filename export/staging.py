"""A model file that appears only when it is finished and found good."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.errors import ExportError
from smile_edge.runtime.manifest import ModelManifest

__all__ = ["drafted", "published"]


@contextmanager
def drafted(out: Path, file: str) -> Iterator[Path]:
    """A path beside `<out>/<file>` to write a draft to; what is still there at the end is removed.

    Args:
        out: folder, made where missing.
        file: name that the finished model will have.

    Raises:
        ExportError: the folder cannot be written to.
    """
    draft = out / f"{file}.tmp"
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield draft
    except OSError as error:
        raise ExportError(f"Cannot write to {out} ({error.strerror}). Name another folder with --out.") from None
    finally:
        draft.unlink(missing_ok=True)


def published(draft: Path, manifest: ModelManifest, out: Path) -> ModelManifest:
    """Puts a model and its manifest into `out`, neither of them before both are whole; returns the manifest.

    Raises:
        ExportError: the manifest holds a number that JSON has no word for.
    """
    described = out / f"{manifest.name}.json.tmp"
    try:
        manifest.save(described)
        draft.replace(out / manifest.file)
        described.replace(out / f"{manifest.name}.json")
    except ValueError:
        raise ExportError(
            f"A score or a parameter of {manifest.name} is not a finite number. Measure or set it again."
        ) from None
    finally:
        described.unlink(missing_ok=True)
    return manifest
