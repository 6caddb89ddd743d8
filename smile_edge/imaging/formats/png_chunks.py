"""PNG without what libpng would print about: it has no switch that keeps its lines off standard error."""

import struct
import zlib
from collections.abc import Iterable

__all__ = ["plain_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf")
"""Chunks that the pixels depend on. Profiles, times and texts may be broken without harm to them. An animation is left
its first frame, which is what it shows to a reader of images."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel by colour type."""
_BLOCK = 1 << 20
_LAST_FILTER = 4


def plain_png(data: bytes) -> bytes | None:
    """The file with the chunks that its image is made of; None where one is damaged, or the end is missing.

    Raises nothing, whatever the bytes are.
    """
    position, view = len(_SIGNATURE), memoryview(data)
    parts: list[bytes | memoryview] = [_SIGNATURE]
    packed: list[memoryview] = []
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            return None
        if name in _KEPT:
            if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
                return None
            parts.append(view[position:end])
        if name == b"IDAT":
            packed.append(view[position + 8 : end - 4])
        if name == b"IEND":
            return b"".join(parts) if _is_sound(data, packed) else None
        position = end
    return None


def _is_sound(data: bytes, packed: Iterable[memoryview]) -> bool:
    """Whether the compressed rows are whole, and each has a filter that exists."""
    try:
        width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
        row_bytes = 1 + (width * depth * _SAMPLES[colour] + 7) // 8
        return _rows_are_sound(packed, row_bytes, 0 if interlaced else height)
    except (struct.error, LookupError, zlib.error):
        return False


def _rows_are_sound(packed: Iterable[memoryview], row_bytes: int, rows: int) -> bool:
    """The same of rows of equal length; of interlaced ones (`rows` is 0) only that they can be unpacked."""
    inflate, count = zlib.decompressobj(), 0
    for part in packed:
        rest: bytes | memoryview = part
        while rest and not inflate.eof and (not rows or count < rows * row_bytes):
            block = inflate.decompress(rest, _BLOCK)
            if rows and max(block[-count % row_bytes :: row_bytes], default=0) > _LAST_FILTER:
                return False
            count += len(block)
            rest = inflate.unconsumed_tail
    return count >= rows * row_bytes and (bool(rows) or inflate.eof)
