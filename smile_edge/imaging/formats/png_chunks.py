"""PNG without what libpng would print about: it has no switch that keeps its lines off standard error."""

import struct
import zlib

__all__ = ["plain_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf")
"""Chunks that the pixels depend on. Profiles, times and texts may be broken without harm to them. An animation is left
its first frame, which is what it shows to a reader of images."""


def plain_png(data: bytes) -> bytes | None:
    """The file with the chunks that its image is made of; None where one is damaged, or the end is missing.

    Raises nothing, whatever the bytes are.
    """
    position, view = len(_SIGNATURE), memoryview(data)
    parts: list[bytes | memoryview] = [_SIGNATURE]
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            return None
        if name in _KEPT:
            if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
                return None
            parts.append(view[position:end])
        if name == b"IEND":
            return b"".join(parts)
        position = end
    return None
