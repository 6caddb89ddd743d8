"""Image files: finding them, in a stable order. Nothing here waits for OpenCV or numpy to be loaded."""

import glob
import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from smile_edge.errors import SourceError, UsageError
from smile_edge.imaging.folder_walk import FolderEntry, matching, walk
from smile_edge.imaging.formats.heif import HEIF_CURE, can_read_heif
from smile_edge.imaging.formats.image_header import SNIFF_BYTES, image_kind
from smile_edge.validation import check_paths, shown

__all__ = [
    "IMAGE_SUFFIXES",
    "ImageListing",
    "Paths",
    "find_images",
    "is_image_file",
    "is_image_name",
    "list_images",
]

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""What a folder or pattern is searched for: the formats that OpenCV's wheels decode."""

HEIF_SUFFIXES = (".heic", ".heif")
"""Searched for where the extra `heif` is installed."""

_KINDS_SHOWN = 8
"""Endings of files that are not read which a line names; the others are added up."""


class Paths(Sequence[Path]):
    """Paths that are made when they are asked for: a name takes a fifth of the memory of its `Path`."""

    def __init__(self, names: list[str]) -> None:
        """Args:
        names: kept as they are.
        """
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Path: ...

    @overload
    def __getitem__(self, place: slice) -> "Paths": ...

    def __getitem__(self, place: int | slice) -> "Path | Paths":
        return Paths(self._names[place]) if isinstance(place, slice) else Path(self._names[place])

    def __iter__(self) -> Iterator[Path]:
        return map(Path, self._names)


@dataclass(slots=True)
class ImageListing:
    """The images that were found, and what lay beside them."""

    names: list[str] = field(default_factory=list)
    """Paths of the images, each once, in order."""
    not_read: Counter[str] = field(default_factory=Counter)
    """Other files by ending, and what is no file: `.heic`, `no suffix`, `FIFO`, `broken link`, ..."""

    @property
    def images(self) -> Paths:
        """The images, each once, in order."""
        return Paths(self.names)

    def note(self) -> str | None:
        """What is not read, in one line; None where everything is.

        Example:
            >>> find_images(["holiday"]).note()
            '1 of 6 files are images; not read: 2 .heic, 1 .psd, 1 .txt, 1 FIFO; HEIC needs the extra heif: ...'
        """
        if not self.not_read:
            return None
        others = sorted(self.not_read.items(), key=lambda item: (-item[1], item[0]))
        shown = [f"{count} {kind}" for kind, count in others[:_KINDS_SHOWN]]
        if rest := sum(count for _, count in others[_KINDS_SHOWN:]):
            shown.append(f"{rest} others")
        cure = f"; {HEIF_CURE}" if any(self.not_read[suffix] for suffix in HEIF_SUFFIXES) else ""
        total = len(self.names) + self.not_read.total()
        files = "file is an image" if total == 1 else "files are images"
        return f"{len(self.names)} of {total} {files}; not read: {', '.join(shown)}{cure}"


def is_image_name(path: str | Path) -> bool:
    """Whether the name ends like an image's; a leading dot hides a file, as in a shell."""
    path = Path(path)
    return _suffix(path.name) in _searched() and not path.name.startswith(".")


def is_image_file(path: str | Path) -> bool:
    """Whether a regular file is an image by its name, or has no suffix and begins like one."""
    path = Path(path)
    return is_image_name(path) or (not _suffix(path.name) and _begins_like_an_image(path))


def list_images(paths: Iterable[str | Path], recursive: bool = False) -> list[Path]:
    """The image files that paths, folders and patterns stand for, each once; see `find_images`.

    Raises:
        SourceError: one of `paths` does not exist, is no regular file, or holds no image.
    """
    return list(find_images(paths, recursive).images)


def find_images(paths: Iterable[str | Path], recursive: bool = False) -> ImageListing:
    """The images that paths, folders and patterns stand for, and what of them is not read.

    Arguments keep their order; within a folder or pattern the order is natural (`2.jpg` before `10.jpg`). A file named
    outright is taken whatever its ending. Only regular files are images; a link counts as what it leads to, and a
    file that several links lead to counts once.

    Args:
        paths: files, folders, or glob patterns (`**` crosses folders). Links to folders are followed, but into no
            folder twice, nor back to one that holds them.
        recursive: look into sub-folders, too.

    Raises:
        UsageError: `paths` is no list of paths.
        SourceError: one of `paths` does not exist, is no regular file, or holds no image.
    """
    if isinstance(paths, (str, os.PathLike)) or not isinstance(paths, Iterable):
        raise UsageError(f"paths must be a list of paths. Received: {shown(paths)}")
    listing, seen = ImageListing(), set[bytes]()
    for path in paths:
        check_paths(path=path)
        if not os.fspath(path):  # `Path("")` would be the current folder, which nobody named
            raise SourceError("'': names no file or folder; expected an image, a folder of images, or a pattern")
        try:
            for name, real in _expand(Path(path), recursive, listing.not_read):
                if real not in seen:
                    seen.add(real)
                    listing.names.append(name)
        except OSError as error:
            raise SourceError(
                f"{path}: cannot be read ({error.strerror}); expected an image, a folder or a pattern of images"
            ) from None
    if not listing.names:
        raise SourceError("no images were given; expected files, folders or patterns such as 'photos/*.jpg'")
    return listing


def _expand(path: Path, recursive: bool, not_read: Counter[str]) -> Iterable[tuple[str, bytes]]:
    """Path of each image that an argument stands for, and a digest of the real one; counts what else it stands for."""
    try:
        mode = os.stat(path).st_mode
    except ValueError:
        raise SourceError(f"{str(path)!r}: no name that a file can have; expected an image or a folder") from None
    except OSError:
        mode = 0
    if stat.S_ISREG(mode):
        return [(str(path), _digest(os.path.realpath(path)))]
    if mode and not stat.S_ISDIR(mode):
        raise SourceError(f"{path}: {_special(mode)}, no regular file; expected an image, a folder or a pattern")
    if not mode and not glob.has_magic(str(path)):
        raise SourceError(f"{path}: no such file or folder; expected an image, a folder of images, or a pattern")
    others: Counter[str] = Counter()
    entries = walk(path, recursive) if mode else matching(path, recursive)
    found = sorted(_images(entries, others))
    found.sort(key=lambda one: _natural(one[0]))
    not_read.update(others)
    if not found:
        raise SourceError(_nothing(path, recursive, bool(mode), others))
    return found


def _images(entries: Iterable[FolderEntry], others: Counter[str]) -> Iterator[tuple[str, bytes]]:
    searched = _searched()
    for entry in entries:
        if entry.special:
            others[entry.special] += 1
            continue
        suffix = _suffix(entry.name)
        if suffix in searched or (not suffix and _begins_like_an_image(entry.path)):
            yield str(Path(entry.path)), _digest(entry.real)
        else:
            others[suffix or "without a suffix"] += 1


def _nothing(path: Path, recursive: bool, is_folder: bool, others: Counter[str]) -> str:
    note = f" ({ImageListing([], others).note()})" if others else ""
    if not is_folder:
        return f"{path}: the pattern matches no image{note}; check it, and quote it against the shell"
    deeper = "" if recursive else f"; the pattern '{path}/**' searches its sub-folders, too"
    return f"{path}: no images in this folder{note}; expected files such as .jpg, .png, .webp{deeper}"


def _special(mode: int) -> str:
    kinds = {stat.S_ISFIFO: "a FIFO", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}
    return next((text for test, text in kinds.items() if test(mode)), "something else")


def _searched() -> tuple[str, ...]:
    return (*IMAGE_SUFFIXES, *HEIF_SUFFIXES) if can_read_heif() else IMAGE_SUFFIXES


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _begins_like_an_image(path: str | Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return False
    try:
        kind = image_kind(os.read(descriptor, SNIFF_BYTES))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return kind is not None and (kind != "HEIC" or can_read_heif())


_DIGITS = re.compile(r"\d+")
_END_OF_PART, _NUMBER = "\0", "\1"
"""Lower than any character of a name."""


def _natural(path: str) -> str:
    """Sort key by folder, then name, digits compared as numbers: a text, since a million of them are in memory."""
    return _DIGITS.sub(_number, path.casefold().replace(os.sep, _END_OF_PART))


def _number(digits: "re.Match[str]") -> str:
    """A number as text, longer ones after it: Python reads no more than 4,300 digits, and no file name is that long."""
    number = str(int(digits[0]))
    return f"{_NUMBER}{chr(len(number))}{number}"


def _digest(real: str) -> bytes:
    return hashlib.blake2b(os.fsencode(real), digest_size=16).digest()
