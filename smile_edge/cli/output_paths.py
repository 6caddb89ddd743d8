"""Which files a run may write: none that it reads, and none twice. Checked before any of them is touched."""

import glob
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from smile_edge.errors import SmileEdgeError, SourceError, UsageError
from smile_edge.validation import check_paths

__all__ = [
    "check_copies",
    "check_folder",
    "check_outputs",
    "check_unwritten",
    "files_of",
    "numbered",
    "real_path",
    "sound_file",
]


def check_outputs(
    outputs: Iterable[tuple[str, str | Path | None]],
    inputs: Sequence[str | Path],
    *,
    models: Path | None = None,
    overwrite: bool = True,
) -> None:
    """Refuses outputs that would destroy something.

    Args:
        outputs: options and what they name; None where one was not given, `-` for standard output.
        inputs: the files that are read.
        models: folder of the models, None where it is to be found.
        overwrite: files that hold something may be replaced.

    Raises:
        UsageError: an option names no file, an input, a model, what another option names, or a file that holds
            something and may not be replaced.
    """
    taken: dict[object, str] = {}
    guarded = _Models(models)
    for option, given in outputs:
        if given is None:
            continue
        check_paths(**{option: given})
        path = Path(given)
        if not path.name:
            raise UsageError(f"{option} names no file. Received: {str(given)!r}")
        if path.exists() and not path.is_file():  # a folder is refused when it is opened, a device takes anything
            continue
        file = None if str(given) == "-" else _identity(path)
        if file is not None and any(_identity(read) == file for read in inputs):
            raise UsageError(f"{option} names {given}, which is an input and would be overwritten: name another file")
        if str(given) != "-":
            guarded.check(option, path)
            if not overwrite:
                check_unwritten(option, path)
        place = "-" if str(given) == "-" else file or real_path(path)
        if place in taken:
            raise UsageError(f"{taken[place]} and {option} both name {given}: give each output a file of its own")
        taken[place] = option


def check_unwritten(option: str, path: Path) -> None:
    """Refuses a file that holds something; named pipes and devices hold nothing.

    Raises:
        UsageError: it does.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return  # there is none, or opening it will say what is wrong
    if stat.S_ISREG(found.st_mode) and found.st_size:
        raise UsageError(f"{option} names {path}, which exists: name another file, or replace it with --overwrite")


def check_copies(
    folder: Path,
    copies: Sequence[Path],
    inputs: Iterable[Path],
    *,
    models: Path | None = None,
    overwrite: bool = True,
    option: str = "--annotate",
) -> None:
    """The same for the copies that an option will write into a folder, which may hold other files.

    Raises:
        UsageError: the folder holds an input, or a copy is there already or lies among the models.
    """
    there = [path for path in copies if path.exists()]
    whole = real_path(folder)
    inside = next((path for path in inputs if there and real_path(path).is_relative_to(whole)), None)
    if inside is not None:
        raise UsageError(f"{folder} holds {inside}, an input that would be overwritten; name another folder")
    guarded = _Models(models)
    for path in dict.fromkeys((folder, *(path.parent for path in copies), *there)):
        guarded.check(option, path)
    for path in [] if overwrite else there:
        check_unwritten(option, path)


def check_folder(option: str, folder: Path, *, models: Path | None = None) -> None:
    """The same for a folder that will hold nothing but an output.

    Raises:
        UsageError: the option names no folder, or one among the models.
    """
    check_paths(**{option: folder})
    try:
        there = folder.exists()
    except OSError as error:
        raise UsageError(f"{option} names {folder}, which cannot be: {error.strerror}") from None
    if not folder.name or str(folder) == "-" or (there and not folder.is_dir()):
        raise UsageError(f"{option} must name a folder, which need not exist. Received: {str(folder)!r}")
    _Models(models).check(option, folder)


class _Models:
    """The models that a run uses: nothing is written into their folder, nor into a file of it by another name."""

    def __init__(self, given: Path | None) -> None:
        from smile_edge.runtime.manifest import find_models

        try:
            self._folder: Path | None = real_path(find_models(given))
            self._files = {_identity(path) for path in self._folder.iterdir()} - {None}
        except (SmileEdgeError, OSError, ValueError):  # loading them will say so
            self._folder = None

    def check(self, option: str, path: Path) -> None:
        """Raises `UsageError` where the path is one of theirs."""
        if self._folder is None:
            return
        if real_path(path).is_relative_to(self._folder) or _identity(path) in self._files:
            raise UsageError(f"{option} names {path}, which is among the models in {self._folder}: name another place")


def _identity(path: str | Path) -> tuple[int, int] | None:
    """What all names of a file have in common, hard links included; None where there is no file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def real_path(path: str | Path) -> Path:
    """Where all links lead; of links that lead in a circle, which opening will tell, as far as they go."""
    return Path(os.path.realpath(path))


def files_of(specs: Iterable[str]) -> list[Path]:
    """The files that sources, as the user named them, are read from; cameras, addresses and `demo` have none."""
    from smile_edge.imaging.image_files import list_images

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
    from smile_edge.imaging.image_files import is_image_file

    try:
        path = Path(spec)
        return path if path.is_file() and not is_image_file(path) else None
    except (OSError, ValueError):
        return None


def numbered(path: Path, number: int, count: int) -> Path:
    """The output of one of several sources: `out.mp4` becomes `out-1.mp4`; of a single one it stays what it is."""
    return path.with_stem(f"{path.stem}-{number}") if count > 1 and path.name else path
