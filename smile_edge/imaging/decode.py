"""Image files: reading each as an 8-bit BGR array."""

import struct
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import ImageError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.validation import check_paths

__all__ = ["over_black", "read_image", "read_reduced"]

_REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
_PNG_SIGNATURE, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def read_image(path: str | Path) -> npt.NDArray[np.uint8]:
    """One image as BGR uint8 `(height, width, 3)`.

    EXIF orientation is applied, grey becomes BGR, 16-bit and float samples are scaled to 8 bits, an alpha channel is
    dropped (the colours below it stay), and of an animation the first frame is taken.

    Raises:
        ImageError: the file is missing, unreadable, empty, truncated, or not an image.
    """
    check_paths(path=path)
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
    check_paths(path=path)
    path = Path(path)
    data = _read(path)
    # A size that the factor does not divide would shift pictures that EXIF turns by a part of a pixel.
    width, height = _jpeg_size(data)
    factor = next((f for f in _REDUCED if max(width, height) >= f * least_px and not (width % f or height % f)), 1)
    return _decoded(path, data, _REDUCED.get(factor, cv2.IMREAD_COLOR)), factor


def over_black(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What shows of `(height, width, 4)` BGRA, straight alpha, before black: `(height, width, 3)`; BGR as it is."""
    if image.shape[2] == 3:
        return image
    alpha = cv2.cvtColor(image[..., 3], cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.multiply(np.ascontiguousarray(image[..., :3]), alpha, scale=1 / 255), np.uint8)


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
