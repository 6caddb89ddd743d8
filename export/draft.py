"""A model file that appears only when it is finished and found good."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.errors import ExportError

__all__ = ["drafted"]


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
