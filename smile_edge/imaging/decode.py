"""Image files: reading each as an 8-bit BGR array."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import ImageError
from smile_edge.imaging.formats.heif import HEIF_CURE, can_read_heif, decode_heif
from smile_edge.imaging.formats.image_header import SNIFF_BYTES, ImageHeader, image_header, image_kind
from smile_edge.imaging.formats.iso_header import iso_header
from smile_edge.imaging.formats.jpeg import decode_jpeg, jpeg_factor
from smile_edge.imaging.formats.jpeg_header import JpegHeader, jpeg_header
from smile_edge.imaging.formats.png_chunks import plain_png
from smile_edge.imaging.limits import BYTES_PER_PIXEL, max_pixels, pixels_refused
from smile_edge.imaging.native import hush_native_logs
from smile_edge.types import Image
from smile_edge.validation import check_paths

__all__ = ["StillImage", "over_black", "read_image", "read_reduced", "read_still"]

_FORMATS = "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000 or PNM"

Claim = Callable[[int], object]
"""Told how many bytes are about to be taken, before they are."""


@dataclass(frozen=True, slots=True)
class StillImage:
    """An image file, decoded."""

    image: Image
    """`(height, width, 3)` BGR."""
    factor: int = 1
    """By which it was reduced: each pixel is the mean of that many squared."""
    warning: str | None = None
    """What was wrong with the file, although it could be read."""


def read_image(path: str | Path) -> npt.NDArray[np.uint8]:
    """One image as BGR uint8 `(height, width, 3)`.

    EXIF orientation is applied, grey becomes BGR, 16-bit and float samples are scaled to 8 bits, an alpha channel is
    dropped (the colours below it stay), and of an animation the first frame is taken.

    Raises:
        ImageError: the file is missing, unreadable, empty, truncated, too large, or not an image.
    """
    return _whole(path, read_still(path)).image


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
    still = _whole(path, read_still(path, least_px))
    return still.image, still.factor


def read_still(path: str | Path, least_px: int | None = None, claim: Claim = lambda _: None) -> StillImage:
    """One image, as far as its file reaches: of a JPEG that was cut short the rest is grey, and `warning` says so.

    Args:
        path: image file.
        least_px: as for `read_reduced`; None reads every pixel.
        claim: is told how many bytes are about to be taken, and may wait until they are free.

    Raises:
        ImageError: the file is missing, unreadable, empty, no regular file, too large, or not an image.
    """
    check_paths(path=path)
    path = Path(path)
    data = _read(path, claim)
    header = image_header(data)
    if header is None:
        raise _unreadable(path, data)
    cost = _checked(path, header, len(data))
    jpeg = jpeg_header(data) if header.kind == "JPEG" else None
    factor = 1 if jpeg is None else jpeg_factor(jpeg, least_px)
    # Progressive JPEGs hold all coefficients whatever the size that is asked for.
    claim(cost if factor == 1 or header.bytes_per_px > BYTES_PER_PIXEL else cost // factor**2)
    hush_native_logs()
    if jpeg is not None:
        return _jpeg(path, data, jpeg, factor)
    image = _decoded(path, data, header)
    if image is None:
        raise _unreadable(path, data)
    return StillImage(image)


def over_black(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What shows of `(height, width, 4)` BGRA, straight alpha, before black: `(height, width, 3)`; BGR as it is."""
    if image.shape[2] == 3:
        return image
    alpha = cv2.cvtColor(image[..., 3], cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.multiply(np.ascontiguousarray(image[..., :3]), alpha, scale=1 / 255), np.uint8)


def _whole(path: str | Path, still: StillImage) -> StillImage:
    if still.warning is not None and still.warning.startswith(_CUT):
        raise ImageError(f"{path}: damaged or truncated, {still.warning}; copy it again from its origin")
    return still


def _read(path: Path, claim: Claim) -> bytes:
    """The bytes of a regular file that is not empty."""
    try:
        # A FIFO would be waited for; it may have taken the place of a file since the folder was listed.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ImageError(f"{path}: cannot be read (no regular file); expected a readable image file")
            most = BYTES_PER_PIXEL * max_pixels()
            if found.st_size > most and image_kind(file.read(SNIFF_BYTES)) is not None:
                raise ImageError(
                    f"{path}: the file has {found.st_size / 1e9:.1f} GB; expected at most {most / 1e9:.1f} GB, scale"
                    f" it down, or raise the limit with --max-pixels {found.st_size // BYTES_PER_PIXEL + 1}"
                )
            file.seek(0)
            claim(found.st_size)
            data = _content(file, found.st_size, most) if found.st_size <= most else file.read(SNIFF_BYTES)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file; expected an image file, check the path") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ImageError(f"{path}: cannot be read ({why}); expected a readable image file") from None
    if not data:
        raise ImageError(f"{path}: the file is empty (0 bytes); expected an image, copy it again from its origin")
    return data


def _content(file: BinaryIO, size: int, most: int) -> bytes:
    """What a file holds, up to a byte more than `most`, which only one that grows meanwhile reaches: a buffer of that
    size would be taken from the system and given back with each file."""
    data = file.read(size + 1)
    return data if len(data) <= size else data + file.read(most + 1 - len(data))


def _checked(path: Path, header: ImageHeader, file_bytes: int) -> int:
    """Bytes that reading the image takes at the peak, none more than the limit allows."""
    pixels = header.width * header.height
    cost = int(pixels * header.bytes_per_px) + file_bytes
    # A small file that is mostly something else, a video behind a photo perhaps, costs what it has.
    per_px = cost / pixels if cost > BYTES_PER_PIXEL * max_pixels() else BYTES_PER_PIXEL
    refused = pixels_refused(header.width, header.height, per_px, header.kind)
    if refused is not None:
        raise ImageError(f"{path}: {refused}")
    return cost


def _unreadable(path: Path, data: bytes) -> ImageError:
    return ImageError(
        f"{path}: not an image, or damaged or truncated ({len(data)} bytes); expected {_FORMATS}, save it again in one"
        " of them"
    )


_CUT = "the file lacks its end"


def _jpeg(path: Path, data: bytes, header: JpegHeader, factor: int) -> StillImage:
    try:
        found = decode_jpeg(data, header, factor)
    except (cv2.error, MemoryError):
        found = None
    if found is None:
        raise _unreadable(path, data)
    warning = None if found.complaint is None else f"damaged: {found.complaint}"
    return StillImage(found.image, factor, f"{_CUT} ({found.complaint})" if found.cut else warning)


def _decoded(path: Path, data: bytes, header: ImageHeader) -> Image | None:
    if header.kind == "HEIC":
        if not can_read_heif():
            raise ImageError(f"{path}: {HEIF_CURE}")
        return decode_heif(data)
    if header.kind == "PNG":
        plain = plain_png(data)
        return None if plain is None else _decode(np.frombuffer(plain, np.uint8))
    image = _decode(np.frombuffer(data, np.uint8))
    return _turned_avif(image, data) if header.kind == "AVIF" and image is not None else image


def _turned_avif(image: Image, data: bytes) -> Image:
    """Turned as the file's properties say, which OpenCV does not do."""
    for kind, value in iso_header(data).turns:
        if kind == "imir":
            image = np.asarray(cv2.flip(image, value), np.uint8)
        elif value:
            turn = (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)[value - 1]
            image = np.asarray(cv2.rotate(image, turn), np.uint8)
    return image


def _decode(data: npt.NDArray[np.uint8]) -> Image | None:
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        if image is None:
            # Float TIFF is refused by IMREAD_COLOR.
            image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            return None if image is None or image.dtype.kind != "f" else _float_to_bgr8(np.asarray(image, np.float32))
    except cv2.error:
        return None  # e.g. more pixels than OpenCV accepts
    return np.asarray(image, np.uint8)


def _float_to_bgr8(image: npt.NDArray[np.float32]) -> Image:
    """Samples of 0..1, or of 0..255 where any exceeds one, as BGR uint8; the samples are overwritten."""
    np.nan_to_num(image, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    if image.max(initial=0.0) <= 1.0:
        image *= np.float32(255)
    np.clip(np.rint(image, out=image), 0, 255, out=image)
    bytes_ = image.astype(np.uint8)
    if bytes_.ndim == 2:
        bytes_ = np.repeat(bytes_[..., None], 3, -1)
    return np.ascontiguousarray(bytes_[..., :3])
