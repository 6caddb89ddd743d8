"""What the header of an image file says before anything is decoded: format, size, memory that decoding takes.

No library that comes with smile-edge gives the size without decoding; each reader here follows the format's standard.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from smile_edge.imaging.formats.iso_header import iso_header, jpeg_2000_header
from smile_edge.imaging.formats.jpeg_header import jpeg_header
from smile_edge.imaging.formats.tiff_header import tiff_header
from smile_edge.imaging.limits import BYTES_PER_PIXEL

__all__ = ["SNIFF_BYTES", "ImageHeader", "image_header", "image_kind"]

SNIFF_BYTES = 32
"""What `image_kind` needs of a file."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header says."""

    kind: str
    """`JPEG`, `PNG`, `GIF`, `WebP`, `BMP`, `TIFF`, `JPEG 2000`, `AVIF`, `HEIC` or `PNM`."""
    width: int
    height: int
    bytes_per_px: float
    """Memory that the decoding takes at its peak, the BGR image included (measured at 49 million pixels)."""


def image_kind(head: bytes) -> str | None:
    """The format that a file's first `SNIFF_BYTES` are of; None where it is none that is read."""
    for kind, pattern in _SIGNATURES.items():
        if pattern.match(head):
            return kind
    return None


def image_header(data: bytes) -> ImageHeader | None:
    """Size and cost of an image, from its file's content; None where its header cannot be read.

    Raises nothing, whatever the bytes are.
    """
    kind = image_kind(data[:SNIFF_BYTES])
    if kind is None:
        return None
    try:
        width, height, bytes_per_px = _READERS[kind](data)
    except (struct.error, LookupError, ValueError):
        return None
    return ImageHeader(kind, width, height, bytes_per_px) if width > 0 and height > 0 else None


_Size = tuple[int, int, float]

_SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "WebP": re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL),
    "BMP": re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),
    "TIFF": re.compile(rb"II[\x2a\x2b]\0|MM\0[\x2a\x2b]"),
    "JPEG 2000": re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    "AVIF": re.compile(rb"....ftyp(?:avi[fs]|(?:mif1|msf1|miaf)....(?:....)?avi[fs])", re.DOTALL),
    "HEIC": re.compile(rb"....ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL),
    "PNM": re.compile(rb"P[1-6][\s#]"),
}


def _png(data: bytes) -> _Size:
    """PNG, third edition: the size is the start of IHDR, which comes first."""
    width, height = struct.unpack_from(">II", data, 16)
    return width, height, BYTES_PER_PIXEL


def _gif(data: bytes) -> _Size:
    """GIF89a: the logical screen."""
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height, 8.1


def _webp(data: bytes) -> _Size:
    """RFC 9649: a canvas (VP8X), a lossless (VP8L) or a lossy image."""
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width, height, 11.1 if data[20] & 2 else BYTES_PER_PIXEL
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), BYTES_PER_PIXEL
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF, BYTES_PER_PIXEL


def _bmp(data: bytes) -> _Size:
    """The header of OS/2 1 has 16-bit sizes; a height below zero counts from the top."""
    if data[14] == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height), BYTES_PER_PIXEL


def _pnm(data: bytes) -> _Size:
    """Netpbm: width and height are the first two numbers behind the comments."""
    numbers = re.match(rb"P[1-6](?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)", data[:4096])
    if numbers is None:
        raise ValueError
    width, height = (int(number[:12]) for number in numbers.groups())
    return width, height, BYTES_PER_PIXEL


_READERS: dict[str, Callable[[bytes], _Size]] = {
    "JPEG": lambda data: jpeg_header(data).size,
    "PNG": _png,
    "GIF": _gif,
    "WebP": _webp,
    "BMP": _bmp,
    "TIFF": tiff_header,
    "JPEG 2000": jpeg_2000_header,
    "AVIF": lambda data: iso_header(data).size,
    "HEIC": lambda data: (*iso_header(data).size[:2], 8.0),
    "PNM": _pnm,
}
