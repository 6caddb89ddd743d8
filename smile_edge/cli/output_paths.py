"""Which files a run may write: none that it reads, and none twice. Checked before any of them is touched."""

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from smile_edge.errors import SourceError, UsageError
from smile_edge.imaging.image_files import is_image_name, list_images

__all__ = ["check_outputs", "files_of", "numbered", "sound_file"]


def check_outputs(outputs: Iterable[tuple[str, str | Path | None]], inputs: Sequence[str | Path]) -> None:
    """Refuses outputs that would destroy something.

    Args:
        outputs: options and what they name; None where one was not given, `-` for standard output.
        inputs: the files that are read.

    Raises:
        UsageError: an option names no file, an input, or what another option names.
    """
    taken: dict[object, str] = {}
    for option, given in outputs:
        if given is None:
            continue
        path = Path(given)
        if not path.name:
            raise UsageError(f"{option} names no file. Received: {str(given)!r}")
        if path.exists() and not path.is_file():  # a folder is refused when it is opened, a device takes anything
            continue
        file = None if str(given) == "-" else _identity(path)
        if file is not None and any(_identity(read) == file for read in inputs):
            raise UsageError(f"{option} names {given}, which is an input and would be overwritten: name another file")
        place = "-" if str(given) == "-" else file or path.resolve()
        if place in taken:
            raise UsageError(f"{taken[place]} and {option} both name {given}: give each output a file of its own")
        taken[place] = option


def _identity(path: str | Path) -> tuple[int, int] | None:
    """What all names of a file have in common, hard links included; None where there is no file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def files_of(specs: Iterable[str]) -> list[Path]:
    """The files that sources, as the user named them, are read from; cameras, addresses and `demo` have none."""
    files: list[Path] = []
    for spec in specs:
        try:
            if Path(spec).is_file():
                files.append(Path(spec))
            elif spec and (Path(spec).is_dir() or glob.has_magic(spec)):
                files += list_images([spec])
        except (OSError, SourceError):
            continue  # opening it will say so
    return files


def sound_file(spec: str) -> Path | None:
    """The file that a source's sound lies in; cameras, addresses, pictures and `demo` have none."""
    try:
        path = Path(spec)
        return path if path.is_file() and not is_image_name(path) else None
    except (OSError, ValueError):
        return None


def numbered(path: Path, number: int, count: int) -> Path:
    """The output of one of several sources: `out.mp4` becomes `out-1.mp4`; of a single one it stays what it is."""
    return path.with_stem(f"{path.stem}-{number}") if count > 1 and path.name else path
