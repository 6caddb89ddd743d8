"""Image files: finding them, in a stable order. Nothing here waits for OpenCV or numpy to be loaded."""

import glob
import os
import re
from collections.abc import Generator, Iterable
from pathlib import Path

from smile_edge.errors import SourceError, UsageError
from smile_edge.validation import check_paths, shown

__all__ = ["IMAGE_SUFFIXES", "is_image_name", "list_images"]

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""What a folder or pattern is searched for: the formats that OpenCV's wheels decode."""


def is_image_name(path: str | Path) -> bool:
    """Whether the name ends like an image's; a leading dot hides a file, as in a shell."""
    path = Path(path)
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def list_images(paths: Iterable[str | Path], recursive: bool = False) -> list[Path]:
    """The image files that paths, folders and patterns stand for, each once.

    Arguments keep their order; within a folder or pattern the order is natural (`2.jpg` before `10.jpg`). A file named
    outright is taken whatever its ending.

    Args:
        paths: files, folders, or glob patterns (`**` crosses folders).
        recursive: look into sub-folders, too.

    Raises:
        UsageError: `paths` is no list of paths.
        SourceError: one of `paths` does not exist, or holds no image.
    """
    found: dict[Path, None] = {}
    if isinstance(paths, (str, os.PathLike)) or not isinstance(paths, Iterable):
        raise UsageError(f"paths must be a list of paths. Received: {shown(paths)}")
    for path in paths:
        check_paths(path=path)
        try:
            found.update(dict.fromkeys(_expand(Path(path), recursive)))
        except OSError as error:
            raise SourceError(
                f"{path}: cannot be read ({error.strerror}); expected an image, a folder or a pattern of images"
            ) from None
    if not found:
        raise SourceError("no images were given; expected files, folders or patterns such as 'photos/*.jpg'")
    return list(found)


def _expand(path: Path, recursive: bool) -> list[Path]:
    text = str(path)
    if path.is_dir():
        images = sorted(_walk(path, recursive), key=_natural)
        if not images:
            deeper = "" if recursive else f"; the pattern '{path}/**' searches its sub-folders, too"
            raise SourceError(f"{path}: no images in this folder; expected files such as .jpg, .png, .webp{deeper}")
        return images
    if path.exists():
        return [path]
    if glob.has_magic(text):
        matches = [Path(match) for match in glob.glob(text, recursive=True)]
        folders = [image for match in matches if recursive and match.is_dir() for image in _walk(match, True)]
        images = [match for match in matches if is_image_name(match) and match.is_file()]
        if not images and not folders:
            raise SourceError(f"{path}: the pattern matches no image; check it, and quote it against the shell")
        return sorted({*images, *folders}, key=_natural)
    raise SourceError(f"{path}: no such file or folder; expected an image, a folder of images, or a pattern")


def _walk(folder: Path, recursive: bool) -> Generator[Path]:
    for root, folders, files in os.walk(folder, onerror=_refuse):
        yield from (Path(root, name) for name in files if is_image_name(name))
        if not recursive:
            return
        folders[:] = [name for name in folders if not name.startswith(".")]


def _refuse(error: OSError) -> None:
    raise error


def _natural(path: Path) -> tuple[list[list[str | int]], str]:
    """Sort key by folder, then name, digits compared as numbers; the two alternate, so text never meets a number."""
    parts = [re.split(r"(\d+)", part.casefold()) for part in path.parts]
    keys: list[list[str | int]] = [[int(p) if i % 2 else p for i, p in enumerate(part)] for part in parts]
    return keys, str(path)
