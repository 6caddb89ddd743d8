"""Folders and patterns walked without going round in circles: links are followed, into no folder twice."""

import fnmatch
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["FolderEntry", "matching", "walk"]

_Folder = tuple[int, int]
"""Device and number, which all names of a folder have in common."""


class FolderEntry(NamedTuple):
    """What is no folder."""

    path: str
    name: str
    real: str
    """The same for all links to a file; hard links are files of their own."""
    special: str
    """What it is if no regular file can be reached by it: `FIFO`, `socket`, `device`, `broken link`; else empty."""


def walk(folder: str | Path, recursive: bool, *, hidden: bool = False) -> Iterator[FolderEntry]:
    """Everything in a folder but folders and what a leading dot hides, in the order of the file system.

    Links to folders come after all that lies in the folder itself; one that leads to a folder already seen, or to one
    that holds the folder, is passed over.

    Args:
        folder: where to begin.
        recursive: go down.
        hidden: take what a leading dot hides as well.

    Raises:
        OSError: a folder cannot be read.
    """
    yield from _walk([str(folder)], recursive, hidden, _above(folder))


def matching(pattern: Path, recursive: bool) -> Iterator[FolderEntry]:
    """What a glob pattern stands for, folders left out; `recursive` goes down into those that it names."""
    parts = pattern.parts
    if "**" in parts:
        at = parts.index("**")
        yield from _below(parts[:at], parts[at:])
        return
    found = glob.glob(str(pattern))
    for path in found:
        if not os.path.isdir(path):
            yield _entry(path)
    if recursive:
        folders = [path for path in found if os.path.isdir(path)]
        seen = set[_Folder]().union(*map(_above, folders))
        yield from _walk(folders, True, False, seen)


def _below(start: tuple[str, ...], rest: tuple[str, ...]) -> Iterator[FolderEntry]:
    """Entries in the folders that `start` names whose place below them matches `rest`, which begins with `**`."""
    hidden = any(part.startswith(".") for part in rest)
    top = str(Path(*start)) if start else ""
    for folder in sorted(glob.glob(top)) if glob.has_magic(top) else [top]:
        length = len(os.path.join(folder, "")) if folder else 0
        for entry in walk(folder or ".", True, hidden=hidden):
            path = entry.path if folder else entry.path.removeprefix(f".{os.sep}")
            if _matches(path[length:].split(os.sep), rest):
                yield entry._replace(path=path)


def _matches(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether a path below a folder is what a pattern's parts mean, as `glob` reads them."""
    if not parts or not names:
        return not parts and not names
    if parts[0] != "**":
        visible = parts[0].startswith(".") or not names[0].startswith(".")
        return visible and fnmatch.fnmatch(names[0], parts[0]) and _matches(names[1:], parts[1:])
    rest = parts[1:]
    while rest and rest[0] == "**":
        rest = rest[1:]
    if not rest:
        return not any(name.startswith(".") for name in names)
    folders = next((count for count, name in enumerate(names) if name.startswith(".")), len(names))
    return any(_matches(names[count:], rest) for count in range(folders + 1))


def _walk(folders: list[str], recursive: bool, hidden: bool, seen: set[_Folder]) -> Iterator[FolderEntry]:
    waiting = [(folder, os.path.realpath(folder)) for folder in reversed(folders)]
    # The folders named outright are among those above, and are entered all the same.
    started = {_identity(folder) for folder in folders}
    seen = seen - started
    linked: list[tuple[str, str]] = []
    while waiting or linked:
        folder, real = waiting.pop() if waiting else linked.pop(0)
        identity = _identity(folder)
        if identity in seen:
            continue
        seen.add(identity)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") and not hidden:
                    continue
                path = os.path.join(folder, entry.name)
                if not entry.is_symlink():
                    if entry.is_dir():
                        if recursive:
                            waiting.append((path, os.path.join(real, entry.name)))
                    else:
                        special = "" if entry.is_file() else _special(path)
                        yield FolderEntry(path, entry.name, os.path.join(real, entry.name), special)
                elif _is_folder(entry):
                    if recursive:
                        linked.append((path, os.path.realpath(path)))
                else:
                    yield _entry(path)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _entry(path: str) -> FolderEntry:
    return FolderEntry(
        path, os.path.basename(path), os.path.realpath(path), "" if os.path.isfile(path) else _special(path)
    )


def _special(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return "broken link"
    kinds = ((stat.S_ISFIFO, "FIFO"), (stat.S_ISSOCK, "socket"), (stat.S_ISCHR, "device"), (stat.S_ISBLK, "device"))
    return next((name for test, name in kinds if test(mode)), "special file")


def _identity(folder: str) -> _Folder:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _above(folder: str | Path) -> set[_Folder]:
    """The folders that hold a folder, its own names as well as those that links lead to."""
    real = Path(os.path.realpath(folder))
    return {_identity(str(one)) for one in (*real.parents, *Path(os.path.abspath(folder)).parents)}
