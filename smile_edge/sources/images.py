"""Image files: finding them in a stable order and reading each as an 8-bit BGR array."""

import glob
import os
import re
import struct
from collections.abc import Generator, Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import ImageError, SourceError
from smile_edge.sources.native import hush_native_logs

__all__ = ["IMAGE_SUFFIXES", "is_image_name", "list_images", "read_image", "read_reduced"]

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""What a folder or pattern is searched for: the formats that OpenCV's wheels decode."""

_REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
_PNG_SIGNATURE, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


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
        SourceError: one of `paths` does not exist, or holds no image.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_expand(Path(path), recursive)))
    if not found:
        raise SourceError("no images were given; expected files, folders or patterns such as 'photos/*.jpg'")
    return list(found)


def read_image(path: str | Path) -> npt.NDArray[np.uint8]:
    """One image as BGR uint8 `(height, width, 3)`.

    EXIF orientation is applied, grey becomes BGR, 16-bit and float samples are scaled to 8 bits, an alpha channel is
    dropped (the colours below it stay), and of an animation the first frame is taken.

    Raises:
        ImageError: the file is missing, unreadable, empty, truncated, or not an image.
    """
    path = Path(path)
    return _decoded(path, _read(path), cv2.IMREAD_COLOR)


def read_reduced(path: str | Path, least_px: int) -> tuple[npt.NDArray[np.uint8], int]:
    """A large JPEG at a half, a quarter or an eighth of its size, which takes half the time and less; else the image.

    Args:
        path: image file.
        least_px: the longer side keeps at least this many pixels.

    Returns:
        `(height, width, 3)` BGR and the factor by which it was reduced: each pixel is the mean of that many squared.

    Raises:
        ImageError: as `read_image`.
    """
    path = Path(path)
    data = _read(path)
    # A size that the factor does not divide would shift pictures that EXIF turns by a part of a pixel.
    width, height = _jpeg_size(data)
    factor = next((f for f in _REDUCED if max(width, height) >= f * least_px and not (width % f or height % f)), 1)
    return _decoded(path, data, _REDUCED.get(factor, cv2.IMREAD_COLOR)), factor


def _read(path: Path) -> bytes:
    """The bytes of a file that is not empty."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file; expected an image file, check the path") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); expected a readable image file") from None
    if not data:
        raise ImageError(f"{path}: the file is empty (0 bytes); expected an image, copy it again from its origin")
    return data


def _decoded(path: Path, data: bytes, flags: int) -> npt.NDArray[np.uint8]:
    hush_native_logs()
    # libpng would print its complaint straight to standard error.
    truncated = data.startswith(_PNG_SIGNATURE) and _PNG_END not in data[-4096:] and _PNG_END not in data
    image = None if truncated else _decode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ImageError(
            f"{path}: not an image, or damaged or truncated ({len(data)} bytes); expected JPEG, PNG, WebP, TIFF, BMP,"
            " GIF, AVIF, JPEG 2000 or PNM, save it again in one of them"
        )
    return image


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height as a JPEG's frame header says (ITU-T T.81, B.2.2); (0, 0) where there is none."""
    if not data.startswith(b"\xff\xd8"):
        return 0, 0
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # those three are tables
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 1 if marker == 0xFF else 2 + int.from_bytes(data[position + 2 : position + 4])
    return 0, 0


def _decode(data: npt.NDArray[np.uint8], flags: int) -> npt.NDArray[np.uint8] | None:
    try:
        image = cv2.imdecode(data, flags)
        if image is None:
            # Float TIFF is refused by IMREAD_COLOR.
            image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            return None if image is None or image.dtype.kind != "f" else _float_to_bgr8(np.asarray(image, np.float32))
    except cv2.error:
        return None  # e.g. more pixels than OpenCV accepts
    return np.asarray(image, np.uint8)


def _float_to_bgr8(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Samples of 0..1, or of 0..255 where any exceeds one, as BGR uint8."""
    image = np.nan_to_num(image, nan=0.0, posinf=0.0, neginf=0.0)
    scale = 255.0 if image.max(initial=0.0) <= 1.0 else 1.0
    bytes_ = np.clip(np.rint(image * scale), 0, 255).astype(np.uint8)
    if bytes_.ndim == 2:
        bytes_ = np.repeat(bytes_[..., None], 3, -1)
    return np.ascontiguousarray(bytes_[..., :3])


def _expand(path: Path, recursive: bool) -> list[Path]:
    text = str(path)
    if path.is_dir():
        images = sorted(_walk(path, recursive), key=_natural)
        if not images:
            deeper = "" if recursive else f"; --recursive, or the pattern '{path}/**', searches its sub-folders, too"
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
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in files if is_image_name(name))
        if not recursive:
            return
        folders[:] = [name for name in folders if not name.startswith(".")]


def _natural(path: Path) -> tuple[list[list[str | int]], str]:
    """Sort key by folder, then name, digits compared as numbers; the two alternate, so text never meets a number."""
    parts = [re.split(r"(\d+)", part.casefold()) for part in path.parts]
    keys: list[list[str | int]] = [[int(p) if i % 2 else p for i, p in enumerate(part)] for part in parts]
    return keys, str(path)
