"""JPEG files to BGR through libjpeg-turbo, whose complaints are values here and no lines on standard error."""

from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.errors import one_line
from smile_edge.imaging.formats.jpeg_header import JpegHeader
from smile_edge.types import Image

__all__ = ["DecodedJpeg", "decode_jpeg", "jpeg_factor", "turned"]

_FACTORS = (8, 4, 2)
_CUT = "Premature end of JPEG file"
"""What libjpeg says of a file that lacks its end."""


@dataclass(frozen=True, slots=True)
class DecodedJpeg:
    """An image and what was wrong with its file."""

    image: Image
    """`(height, width, 3)` BGR, turned as EXIF says."""
    complaint: str | None
    """libjpeg's own words, where the file is damaged."""
    cut: bool
    """The file lacks its end; what is missing of the image is grey."""


def jpeg_factor(header: JpegHeader, least_px: int | None) -> int:
    """How much smaller the image may be decoded: 8, 4, 2 or 1, so that its longer side keeps `least_px`.

    A size that the factor does not divide would shift images that EXIF turns by a part of a pixel.
    """
    if least_px is None:
        return 1
    width, height = header.width, header.height
    return next((f for f in _FACTORS if max(width, height) >= f * least_px and not (width % f or height % f)), 1)


def decode_jpeg(data: bytes, header: JpegHeader, factor: int = 1) -> DecodedJpeg | None:
    """Decodes a file, as far as it reaches.

    Args:
        data: the file's content.
        header: what stands before its first scan.
        factor: of `jpeg_factor`.

    Returns:
        None where nothing of it can be decoded.
    """
    if header.scan >= len(data):
        return None
    try:
        image, complaint = _decoded(data, header, factor)
    except ValueError:
        return None
    if complaint is not None and not np.ptp(image.reshape(-1, 3)[:: max(1, image.size // 65536)], axis=0).any():
        return None  # all of one colour: the file ends before the first pixel
    return DecodedJpeg(turned(image, header.orientation), complaint, _CUT in (complaint or ""))


def _decoded(data: bytes, header: JpegHeader, factor: int) -> tuple[Image, str | None]:
    import simplejpeg

    smallest = {"min_height": header.height // factor, "min_width": header.width // factor}
    if header.components == 4 and (image := _decoded_cmyk(data, factor)) is not None:
        return image, None
    try:
        return simplejpeg.decode_jpeg(data, "BGR", **smallest), None
    except ValueError as error:
        return simplejpeg.decode_jpeg(data, "BGR", strict=False, **smallest), one_line(error)


def _decoded_cmyk(data: bytes, factor: int) -> Image | None:
    """By OpenCV, which is ten times as fast there; None where the file is damaged, since it would print so."""
    import simplejpeg

    try:
        simplejpeg.decode_jpeg(data, "CMYK", min_height=1, min_width=1)
    except ValueError:
        return None
    flags = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    flag = flags.get(factor, cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    return None if image is None else np.asarray(image, np.uint8)


def turned(image: Image, orientation: int) -> Image:
    """The image as EXIF's orientation, 1 to 8, wants it shown."""
    if orientation >= 5:
        image = np.asarray(cv2.transpose(image), np.uint8)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else np.asarray(cv2.flip(image, flip), np.uint8)
