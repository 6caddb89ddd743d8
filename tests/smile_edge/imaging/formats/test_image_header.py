"""Sizes read from headers, before anything is decoded."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME

from smile_edge.imaging.formats.image_header import image_header, image_kind
from smile_edge.imaging.formats.iso_header import iso_header
from smile_edge.imaging.formats.jpeg_header import jpeg_header
from smile_edge.imaging.formats.png_chunks import plain_png
from smile_edge.imaging.formats.tiff_header import exif_orientation

KINDS = {
    ".jpg": "JPEG",
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".jp2": "JPEG 2000",
    ".avif": "AVIF",
    ".ppm": "PNM",
}


def sample(ending: str, *options: int) -> bytes:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:20, :30] = 200
    return cv2.imencode(ending, image, options)[1].tobytes()


SAMPLES = {ending: sample(ending) for ending in KINDS} | {"lossless": sample(".webp", cv2.IMWRITE_WEBP_QUALITY, 101)}


@pytest.mark.parametrize("ending", KINDS)
def test_the_size_of_every_format_is_known_before_decoding(ending: str) -> None:
    found = image_header(SAMPLES[ending])
    assert found is not None
    assert (found.kind, found.width, found.height) == (KINDS[ending], 64, 48)
    assert image_kind(SAMPLES[ending][:32]) == KINDS[ending]


def test_lossless_and_animated_webp_have_a_size() -> None:
    animation = cv2.Animation()
    animation.frames = [np.full((48, 64, 4), value, np.uint8) for value in (10, 200)]
    animation.durations = np.array([100, 100])
    moving = cv2.imencodeanimation(".webp", animation)[1].tobytes()
    for data in (SAMPLES["lossless"], moving):
        found = image_header(data)
        assert found is not None
        assert (found.width, found.height) == (64, 48)


def test_a_progressive_jpeg_costs_its_coefficients() -> None:
    plain, progressive = jpeg_header(SAMPLES[".jpg"]), jpeg_header(sample(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert not plain.progressive
    assert progressive.progressive
    assert progressive.size[2] > plain.size[2] + 5


@pytest.mark.parametrize("data", [b"", b"\0" * 64, b"hello, text", b"PK\3\4" + b"\0" * 60, b"#?RADIANCE\n" * 5])
def test_what_is_no_image_has_no_header(data: bytes) -> None:
    assert image_header(data) is None
    assert image_kind(data) is None


@SAME_EACH_TIME
@given(st.binary(max_size=300))
def test_any_bytes_have_a_header_or_none(data: bytes) -> None:
    found = image_header(data)
    assert found is None or (found.width > 0 and found.height > 0)
    assert 1 <= exif_orientation(data) <= 8


@SAME_EACH_TIME
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 400), st.binary(min_size=1, max_size=12))
def test_a_damaged_header_is_read_or_refused(ending: str, place: int, damage: bytes) -> None:
    data = SAMPLES[ending][:place] + damage + SAMPLES[ending][place + len(damage) :]
    found = image_header(data)
    assert found is None or found.width * found.height > 0
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        plain_png(data)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def test_a_box_that_names_no_length_of_its_own_ends_the_walk() -> None:
    data = box(b"ftyp", b"avif" + bytes(8)) + struct.pack(">I4sQ", 1, b"meta", 2) + bytes(32)
    with pytest.raises(ValueError, match="empty"):
        iso_header(data)


def test_png_of_sound_chunks_is_left_with_those_that_its_pixels_need() -> None:
    data = SAMPLES[".png"]
    profile = box(b"iCCP", b"bad\0\0x") + bytes(4)  # its sum is wrong as well, which does not matter
    profile = struct.pack(">I", 6) + profile[4:]
    plain = plain_png(data[:33] + profile + data[33:])
    assert plain is not None
    assert b"iCCP" not in plain
    assert plain_png(data[:-6]) is None


def test_png_with_a_changed_byte_is_refused() -> None:
    data = bytearray(SAMPLES[".png"])
    data[len(data) // 2] ^= 1
    assert plain_png(bytes(data)) is None
