"""AVIF, HEIC (ISO/IEC 23008-12) and JPEG 2000 (ITU-T T.800): size, and how an AVIF is turned."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["IsoHeader", "iso_header", "jpeg_2000_header"]


@dataclass(frozen=True, slots=True)
class IsoHeader:
    """What the properties of the images in a file say."""

    width: int
    height: int
    """Of the largest image: the primary one may be a grid of others."""
    turns: tuple[tuple[str, int], ...] = ()
    """Transformations of the primary image in their order: `irot` (quarter turns anticlockwise), `imir` (0: top and
    bottom change places, 1: left and right)."""

    @property
    def size(self) -> tuple[int, int, float]:
        """Width, height, bytes a pixel."""
        return self.width, self.height, 16.7


def iso_header(data: bytes) -> IsoHeader:
    """Reads the `meta` box, or the tracks of a sequence where there is none.

    Raises:
        ValueError, struct.error, LookupError: no size is found.
    """
    sizes = []
    turns: tuple[tuple[str, int], ...] = ()
    for name, start, end in _boxes(data, 0, len(data)):
        if name == b"meta":
            properties, owners = _properties(data, start + 4, end)
            sizes += [struct.unpack_from(">II", data, at + 4) for kind, at in properties if kind == b"ispe"]
            turns = _turns(data, properties, owners)
        elif name == b"moov":
            sizes += list(_track_sizes(data, start, end))
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return IsoHeader(width, height, turns)


def jpeg_2000_header(data: bytes) -> tuple[int, int, float]:
    """Width, height and bytes a pixel, from the SIZ marker of the codestream: that is what the decoder goes by.

    Raises:
        ValueError, struct.error: there is none.
    """
    start = 0
    if not data.startswith(b"\xff\x4f"):
        start = next((at for name, at, _ in _boxes(data, 0, len(data)) if name == b"jp2c"), -1)
    if start < 0 or data[start : start + 4] != b"\xff\x4f\xff\x51":
        raise ValueError("no codestream")
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    components = struct.unpack_from(">H", data, start + 40)[0]
    return right - left, bottom - top, 3.4 + 4.0 * max(components, 3)


def _boxes(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Boxes between two positions: name, start and end of the content."""
    while position + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if length == 1:
            length, start = struct.unpack_from(">Q", data, start)[0], start + 8
        stop = end if length == 0 else position + length
        if stop < start:
            return
        yield name, start, min(stop, end)
        position = stop


def _properties(data: bytes, start: int, end: int) -> tuple[list[tuple[bytes, int]], list[int]]:
    """All properties, with where their content starts, and the numbers from 1 of those that the primary image has."""
    primary = -1
    found: list[tuple[bytes, int]] = []
    owners: dict[int, list[int]] = {}
    for name, at, stop in _boxes(data, start, end):
        if name == b"pitm":
            primary = struct.unpack_from(">H" if data[at] == 0 else ">I", data, at + 4)[0]
        elif name == b"iprp":
            for inner, inner_at, inner_stop in _boxes(data, at, stop):
                if inner == b"ipco":
                    found = [(kind, where) for kind, where, _ in _boxes(data, inner_at, inner_stop)]
                elif inner == b"ipma":
                    owners |= _associations(data, inner_at)
    return found, owners.get(primary, [])


def _associations(data: bytes, start: int) -> dict[int, list[int]]:
    """The numbers of the properties of each image."""
    version, wide = data[start], data[start + 3] & 1
    count, position = struct.unpack_from(">I", data, start + 4)[0], start + 8
    owners: dict[int, list[int]] = {}
    for _ in range(count):
        item = struct.unpack_from(">I" if version else ">H", data, position)[0]
        position += 4 if version else 2
        entries = struct.unpack_from(f">{data[position]}{'H' if wide else 'B'}", data, position + 1)
        position += 1 + len(entries) * (2 if wide else 1)
        owners[item] = [entry & (0x7FFF if wide else 0x7F) for entry in entries]
    return owners


def _turns(data: bytes, properties: list[tuple[bytes, int]], owners: list[int]) -> tuple[tuple[str, int], ...]:
    turns = []
    for number in owners:
        if 0 < number <= len(properties):
            kind, at = properties[number - 1]
            if kind == b"irot":
                turns.append(("irot", data[at] & 3))
            elif kind == b"imir":
                turns.append(("imir", data[at] & 1))
    return tuple(turns)


def _track_sizes(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sizes of tracks as their headers say, and of their sample descriptions."""
    for name, at, stop in _boxes(data, start, end):
        if name in (b"trak", b"mdia", b"minf", b"stbl"):
            yield from _track_sizes(data, at, stop)
        elif name == b"tkhd":
            width, height = struct.unpack_from(">II", data, stop - 8)
            yield width >> 16, height >> 16
        elif name == b"stsd":
            yield from (struct.unpack_from(">HH", data, inner + 24) for _, inner, _ in _boxes(data, at + 8, stop))
