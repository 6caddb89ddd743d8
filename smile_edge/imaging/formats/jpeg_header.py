"""A JPEG's header (ITU-T T.81, B.2): size, what its decoding takes, how EXIF turns it."""

import struct
from dataclasses import dataclass

from smile_edge.imaging.formats.tiff_header import exif_orientation

__all__ = ["JpegHeader", "jpeg_header"]

_TABLES = (0xC4, 0xC8, 0xCC)
"""Markers between those of frames that name none."""
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_ALONE = (0x01, *range(0xD0, 0xD9))
"""Markers without a length."""
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the first scan."""

    width: int
    height: int
    components: int
    """1 grey, 3 colour, 4 CMYK."""
    progressive: bool
    orientation: int
    """EXIF's: 1 to 8."""
    scan: int
    """Where the pixels begin, past the end of the file where there are none."""

    @property
    def size(self) -> tuple[int, int, float]:
        """Width, height, bytes a pixel: a progressive one is kept as 16-bit coefficients until its end."""
        held = 3.1 + (2 * self.components if self.progressive else 0) + (4 if self.components == 4 else 0)
        return self.width, self.height, max(held, 6 if self.orientation > 1 else 0)


def jpeg_header(data: bytes) -> JpegHeader:
    """Reads the segments up to the first scan.

    Raises:
        ValueError: no frame header comes before it.
    """
    position, orientation, scan = 2, 1, len(data)
    frame: tuple[int, int, int, int] | None = None
    while position + 4 <= len(data):
        if data[position] != 0xFF:  # libjpeg skips what does not belong there
            position = data.find(b"\xff", position)
            if position < 0:
                break
            continue
        marker = data[position + 1]
        if marker in (0xFF, 0x00) or marker in _ALONE:
            position += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4])
        if marker in (_SCAN, _END):
            scan = position + 2 + length if marker == _SCAN else len(data)
            break
        if marker == _APP1 and data[position + 4 : position + 10] == b"Exif\0\0":
            orientation = exif_orientation(data[position + 10 : position + 2 + length])
        elif 0xC0 <= marker <= 0xCF and marker not in _TABLES and frame is None:
            height, width, components = struct.unpack_from(">HHB", data, position + 5)
            frame = width, height, components, marker
        position += 2 + length
    if frame is None:
        raise ValueError("no frame header")
    return JpegHeader(*frame[:3], frame[3] in _PROGRESSIVE, orientation, scan)
