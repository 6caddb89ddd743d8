"""The first directory of a TIFF (TIFF 6.0, BigTIFF), which EXIF uses as well."""

import struct
from collections.abc import Iterator

from smile_edge.imaging.limits import BYTES_PER_PIXEL

__all__ = ["exif_orientation", "tiff_header"]

_WIDTH, _HEIGHT, _BITS, _ORIENTATION, _SAMPLES = 256, 257, 258, 274, 277
_TILE_WIDTH, _TILE_HEIGHT, _FORMAT = 322, 323, 339
_FLOAT = 3
_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Field types of whole numbers and how `struct` reads them."""


def tiff_header(data: bytes) -> tuple[int, int, float]:
    """Width, height and bytes a pixel that decoding takes: samples of 16 bits and more are held as they are.

    Raises:
        KeyError, struct.error: the directory has no size, or lies outside of the data.
    """
    tags = dict(_fields(data))
    width, height = tags[_WIDTH], tags[_HEIGHT]
    samples, bits = tags.get(_SAMPLES, 1), tags.get(_BITS, 1)
    # Integers are converted strip by strip; float samples are read whole, scaled and rounded in place.
    held = samples * bits / 8 if tags.get(_FORMAT) == _FLOAT or bits > 16 else 0
    tile = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_HEIGHT, 0)
    return width, height, BYTES_PER_PIXEL + 2.0 * held + (4.0 * tile / (width * height) if width and height else 0)


def exif_orientation(tiff: bytes) -> int:
    """How an image is to be turned, 1 to 8; 1 where EXIF does not say."""
    try:
        found = dict(_fields(tiff)).get(_ORIENTATION, 1)
    except (struct.error, LookupError):
        return 1
    return found if 1 <= found <= 8 else 1


def _fields(data: bytes) -> Iterator[tuple[int, int]]:
    """Tags of the first directory and the first number of each."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    start = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count = struct.unpack_from(order + ("Q" if big else "H"), data, start)[0]
    first, step, inline = (start + 8, 20, 8) if big else (start + 2, 12, 4)
    for entry in range(first, first + step * min(count, 4096), step):
        tag, kind, values = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, entry)
        if kind not in _NUMBERS:
            continue
        number = struct.Struct(order + _NUMBERS[kind])
        at = entry + step - inline
        if number.size * values > inline:
            at = struct.unpack_from(order + ("Q" if big else "I"), data, at)[0]
        yield tag, number.unpack_from(data, at)[0]
