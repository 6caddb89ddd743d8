"""What the structure of a video or picture file says before anything is decoded: its size, its pictures, its end."""

import os
import struct
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from smile_edge.errors import SourceError
from smile_edge.imaging.limits import BYTES_PER_PIXEL, pixels_refused

__all__ = ["HEAD_BYTES", "FileStructure", "canvas_px", "check_pixels", "file_structure"]

HEAD_BYTES = 30
"""What `canvas_px` needs of a file."""

_GIF, _PNG, _RIFF, _EBML = (b"GIF87a", b"GIF89a"), b"\x89PNG\r\n\x1a\n", b"RIFF", b"\x1aE\xdf\xa3"
_MATROSKA_SEGMENT, _MATROSKA_TOP = 0x18538067, (0x1A45DFA3, 0x18538067, 0xEC, 0xBF)
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
_TS_PACKET, _TS_SYNC = 188, 0x47


@dataclass(frozen=True, slots=True)
class FileStructure:
    """What the headers of a file say."""

    kind: str = ""
    """`gif`, `png`, `webp`, `avi`, `flv`, `iso` (mp4, mov), `matroska` (mkv, webm), `mpegts`, or empty: another."""
    whole: bool | None = None
    """Whether the file reaches to the end that its own headers name; None where they name none."""
    pictures: int | None = None
    """Pictures of a GIF, PNG or WebP: more than one is an animation."""
    indexed: bool = True
    """An mp4 or mov has its index (`moov`), without which nothing can be decoded."""


def check_pixels(name: str, width: int, height: int, bytes_per_px: float = BYTES_PER_PIXEL, kind: str = "") -> None:
    """Holds that a frame is not too large to be decoded (`imaging.limits`).

    Raises:
        SourceError: it is.
    """
    refused = pixels_refused(width, height, bytes_per_px, kind)
    if refused is not None:
        raise SourceError(f"{name}: {refused}")


def canvas_px(head: bytes) -> tuple[int, int] | None:
    """Width and height of a GIF, PNG or WebP, from its first `HEAD_BYTES`; None for other files."""
    if head[:6] in _GIF and len(head) >= 10:
        width, height = struct.unpack_from("<HH", head, 6)
        return width, height
    if head.startswith(_PNG) and len(head) >= 24:
        width, height = struct.unpack_from(">II", head, 16)
        return width, height
    if head.startswith(_RIFF) and head[8:16] == b"WEBPVP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def file_structure(path: str | Path) -> FileStructure:
    """Walks the top level of a file: a few reads, whatever its length.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(16)
        if head[:6] in _GIF:
            return _gif(file)
        if head.startswith(_PNG):
            return _png(file, size)
        if head.startswith(_RIFF):
            return _webp(file, size) if head[8:12] == b"WEBP" else _avi(file, size)
        if head.startswith(b"FLV\1"):
            return _flv(file, size)
        if head.startswith(_EBML):
            return FileStructure("matroska", _matroska_whole(file, size))
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _iso(file, size)
        if head[:1] == bytes([_TS_SYNC]) and _byte(file, _TS_PACKET) == _TS_SYNC:
            return FileStructure("mpegts", False if size % _TS_PACKET else None)
        return FileStructure()


def _byte(file: BinaryIO, position: int) -> int | None:
    file.seek(position)
    found = file.read(1)
    return found[0] if found else None


def _gif(file: BinaryIO) -> FileStructure:
    """GIF89a: blocks up to the trailer; `pictures` counts image descriptors."""
    file.seek(10)
    pictures, palette = 0, file.read(3)[:1]
    _skip_palette(file, palette)
    while block := file.read(1):
        if block == b";":
            return FileStructure("gif", True, pictures)
        if block == b",":
            _skip_palette(file, file.read(9)[8:9])
            pictures += 1
        file.read(1)  # LZW code size of a picture, label of an extension
        if block not in b"!," or not _skip_sub_blocks(file):
            break
    return FileStructure("gif", False, pictures)


def _skip_palette(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.seek(3 << ((flags[0] & 7) + 1), os.SEEK_CUR)


def _skip_sub_blocks(file: BinaryIO) -> bool:
    """Whether the chain ends as it should."""
    while length := file.read(1):
        if length == b"\0":
            return True
        file.seek(length[0], os.SEEK_CUR)
    return False


def _png(file: BinaryIO, size: int) -> FileStructure:
    """PNG, third edition: chunks up to IEND; `acTL` counts the frames of an animation."""
    pictures, position = 1, len(_PNG)
    while position + 12 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if name == b"acTL" and length >= 4:
            pictures = int.from_bytes(file.read(4))
        position += 12 + length
        if name == b"IEND":
            return FileStructure("png", position <= size, pictures)
    return FileStructure("png", False, pictures)


def _chunks(file: BinaryIO, position: int, end: int) -> Generator[tuple[bytes, int, int]]:
    """RIFF chunks between two positions: name, start of the content, length."""
    while position + 8 <= end:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        yield name, position + 8, length
        position += 8 + length + length % 2


def _webp(file: BinaryIO, size: int) -> FileStructure:
    file.seek(4)
    promised = 8 + int.from_bytes(file.read(4), "little")
    moving = sum(name == b"ANMF" for name, _, _ in _chunks(file, 12, min(size, promised)))
    return FileStructure("webp", promised <= size, max(moving, 1))


def _avi(file: BinaryIO, size: int) -> FileStructure:
    """AVI, and the `AVIX` chunks that follow where it is larger than 1 GB."""
    end = 0
    for name, start, length in _chunks(file, 0, size):
        if name != _RIFF:
            break
        if length in _UNKNOWN_SIZES:
            return FileStructure("avi")
        end = start + length
    return FileStructure("avi", 0 < end <= size)


def _flv(file: BinaryIO, size: int) -> FileStructure:
    """FLV 10.1: tags, each followed by its own length."""
    position = 9 + 4
    while position < size:
        file.seek(position)
        position += 11 + int.from_bytes(file.read(4)[1:]) + 4
    return FileStructure("flv", position == size)


def _iso(file: BinaryIO, size: int) -> FileStructure:
    """ISO/IEC 14496-12: boxes at the top level."""
    position, names = 0, set()
    while position + 8 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if not name.isalnum() and name.strip(b" \xa9"):
            return FileStructure("iso", None, indexed=b"moov" in names)  # no box: something was appended
        names.add(name)
        if length == 1:
            length = int.from_bytes(file.read(8))
        elif length == 0:
            length = size - position
        if length < 8:
            break
        position += length
    file.seek(min(position, size))
    return FileStructure("iso", position <= size and not any(file.read(8)), indexed=b"moov" in names)


def _matroska_whole(file: BinaryIO, size: int) -> bool | None:
    """RFC 8794 and 9559: whether the segment ends in the file, or, where its length is unknown, its last element."""
    position, inside = 0, False
    while position < size:
        file.seek(position)
        name, length, content = _element(file)
        if name is None:
            return False
        if length is None and name != _MATROSKA_SEGMENT:
            return None
        if not inside and name not in _MATROSKA_TOP:
            return None
        if length is None:
            inside, position = True, content
            continue
        position = content + length
        if position > size:
            return False
    return None if inside else True


def _element(file: BinaryIO) -> tuple[int | None, int | None, int]:
    """Id, length (None: unknown) and start of the content of the EBML element here; no id where the file ends in it."""
    first = file.read(1)
    width = 9 - first[0].bit_length() if first else 9
    rest = file.read(max(width - 1, 0))
    mark = file.read(1)
    if width > 4 or not mark or not mark[0]:
        return (None, None, 0) if not mark else (0, None, 0)
    more = 8 - mark[0].bit_length()
    tail = file.read(more)
    if len(tail) < more:
        return None, None, 0
    length = int.from_bytes(mark + tail) & ((1 << 7 * (more + 1)) - 1)
    unknown = length == (1 << 7 * (more + 1)) - 1
    return int.from_bytes(first + rest), None if unknown else length, file.tell()
