"""Image files that are cut, too large, of unusual kinds, or none at all."""

import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.errors import ImageError, UsageError
from smile_edge.imaging.decode import read_image, read_reduced, read_still
from smile_edge.imaging.limits import max_pixels, set_max_pixels
from smile_edge.types import Image


def picture(height: int = 48, width: int = 64) -> Image:
    """Red above, a white corner: every orientation looks different."""
    image = np.full((height, width, 3), 40, np.uint8)
    image[: height // 2] = (0, 0, 255)
    image[: height // 4, : width // 4] = 255
    return image


def jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def turned_by_exif(data: bytes, orientation: int) -> bytes:
    block = b"Exif\0\0" + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


@pytest.mark.parametrize("missing", [1, 2, 20])
def test_a_jpeg_that_lacks_its_end_is_read_with_a_warning(
    tmp_path: Path, missing: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(jpeg(picture())[:-missing])
    still = read_still(path)
    assert still.warning is not None
    assert "lacks its end" in still.warning
    assert np.abs(still.image[:20].astype(int) - picture()[:20]).mean() < 8
    assert capfd.readouterr().err == ""
    with pytest.raises(ImageError, match="truncated"):
        read_image(path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cut_jpeg_is_turned_as_a_whole_one_is(tmp_path: Path, orientation: int) -> None:
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    whole.write_bytes(turned_by_exif(jpeg(picture()), orientation))
    cut.write_bytes(whole.read_bytes()[:-2])
    expected = cv2.imread(str(whole))
    assert expected is not None
    np.testing.assert_array_equal(read_still(whole).image, expected)
    np.testing.assert_array_equal(read_still(cut).image, expected)
    reduced, factor = read_reduced(whole, 32)
    assert (factor, reduced.shape[:2]) == (2, (expected.shape[0] // 2, expected.shape[1] // 2))


def test_a_jpeg_of_which_no_pixel_came_is_an_error(tmp_path: Path) -> None:
    data = jpeg(picture())
    path = tmp_path / "head.jpg"
    scan = data.index(b"\xff\xda")
    path.write_bytes(data[: scan + 2 + int.from_bytes(data[scan + 2 : scan + 4])])
    with pytest.raises(ImageError, match="truncated"):
        read_still(path)


def test_bytes_that_do_not_belong_into_a_jpeg_are_a_warning_and_no_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = jpeg(picture())
    path = tmp_path / "extra.jpg"
    middle = (data.index(b"\xff\xda") + len(data)) // 2
    path.write_bytes(data[:middle] + b"\xff\xd0" + data[middle:])
    assert (read_still(path).warning or "").startswith("damaged: ")
    assert read_image(path).shape == (48, 64, 3)
    assert capfd.readouterr().err == ""


def cmyk_jpeg() -> bytes:
    image = pytest.importorskip("PIL.Image", reason="OpenCV writes no CMYK")
    import io

    file = io.BytesIO()
    image.fromarray(picture()[..., ::-1]).convert("CMYK").save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.mark.parametrize("missing", [0, 2])
def test_a_jpeg_for_printing_is_read_whole_or_cut(
    tmp_path: Path, missing: int, capfd: pytest.CaptureFixture[str]
) -> None:
    data = cmyk_jpeg()
    path = tmp_path / "print.jpg"
    path.write_bytes(data[: len(data) - missing])
    still = read_still(path)
    assert (still.warning is not None) == bool(missing)
    assert np.abs(still.image[:20].astype(int) - picture()[:20]).mean() < 12
    assert capfd.readouterr().err == ""


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.mark.parametrize("rows", [b"\x09" * 193 * 48, b"\0" * 193 * 4, None], ids=["no filter", "too few", "no zlib"])
def test_a_png_whose_rows_are_no_rows_is_an_error_and_no_line(
    tmp_path: Path, rows: bytes | None, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = cv2.imencode(".png", picture())[1].tobytes()
    packed = b"hello" * 9 if rows is None else zlib.compress(rows)
    path = tmp_path / "a.png"
    path.write_bytes(whole[:33] + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    with pytest.raises(ImageError, match="damaged"):
        read_still(path)
    assert capfd.readouterr().err == ""


def test_a_png_with_a_broken_profile_is_read_without_a_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = cv2.imencode(".png", picture())[1].tobytes()
    path = tmp_path / "a.png"
    path.write_bytes(whole[:33] + chunk(b"iCCP", b"bad\0\0" + zlib.compress(b"x")) + whole[33:])
    np.testing.assert_array_equal(read_still(path).image, picture())
    assert capfd.readouterr().err == ""


def huge(ending: str, width: int = 40_000, height: int = 30_000) -> bytes:
    """A small picture whose header says that it is large."""
    data = bytearray(cv2.imencode(ending, picture())[1].tobytes())
    if ending == ".jpg":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    elif ending == ".png":
        data[16:33] = struct.pack(">II", width, height) + data[24:29] + bytes(4)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif ending == ".gif":
        data[6:10] = struct.pack("<HH", width, height)
    elif ending == ".bmp":
        data[18:26] = struct.pack("<ii", width, -height)
    elif ending == ".webp":
        data[12:12] = b"VP8X" + struct.pack("<II", 10, 0)[:8] + bytes(10)
        data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif ending == ".jp2":
        at = data.index(b"\xff\x4f\xff\x51") + 8
        data[at : at + 8] = struct.pack(">II", width, height)
    elif ending == ".avif":
        at = data.index(b"ispe") + 8
        data[at : at + 8] = struct.pack(">II", width, height)
    elif ending == ".ppm":
        data = bytearray(b"P6\n# of a scanner\n%d %d\n255\n" % (width, height)) + bytes(100)
    elif ending == ".tif":
        for tag, value in ((256, width), (257, height)):
            at = data.index(struct.pack("<HH", tag, 3))
            data[at + 8 : at + 12] = struct.pack("<I", value)
    return bytes(data)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".gif", ".bmp", ".webp", ".jp2", ".avif", ".ppm", ".tif"])
def test_a_picture_that_says_it_is_too_large_is_not_decoded(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("imdecode", "imdecodeanimation"):
        monkeypatch.setattr(cv2, name, lambda *_: pytest.fail("decoded"))
    path = tmp_path / f"bomb{ending}"
    path.write_bytes(huge(ending))
    with pytest.raises(ImageError, match="40000 x 30000 px are 1200 million pixels; expected at most") as caught:
        read_still(path)
    assert str(path) in str(caught.value)
    assert "--max-pixels" in str(caught.value)


def test_the_limit_can_be_set_and_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", picture())[1].tobytes())
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "1")
    set_max_pixels(64 * 48 - 1)
    assert os.environ["SMILE_EDGE_MAX_PIXELS"] == "3071"
    with pytest.raises(ImageError, match=r"expected at most 0\.0031 million"):
        read_still(path)
    set_max_pixels(2 * 64 * 48)
    assert read_still(path).image.shape == (48, 64, 3)
    with pytest.raises(UsageError, match="max_pixels"):
        set_max_pixels(0)
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "many")
    assert max_pixels() == 200_000_000


def test_formats_that_take_more_memory_are_read_with_fewer_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", str(2 * 64 * 48))
    for ending in (".png", ".jp2"):
        (tmp_path / f"a{ending}").write_bytes(cv2.imencode(ending, picture())[1].tobytes())
    assert read_still(tmp_path / "a.png").image.shape == (48, 64, 3)
    with pytest.raises(ImageError, match="million of JPEG 2000"):
        read_still(tmp_path / "a.jp2")


def test_a_large_file_that_is_no_image_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "1000")
    path = tmp_path / "disk.jpg"
    claimed: list[int] = []
    with path.open("wb") as file:
        file.truncate(1 << 34)
    with pytest.raises(ImageError, match=r"not an image.*\(32 bytes\)"):
        read_still(path, claim=claimed.append)
    path.write_bytes(b"\xff\xd8\xff" + bytes(10_000))
    with pytest.raises(ImageError, match="the file has"):
        read_still(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_in_place_of_a_picture_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "x.jpg")
    for name in ("x.jpg", "link.jpg"):
        with pytest.raises(ImageError, match="no regular file"):
            read_still(tmp_path / name)
    with pytest.raises(ImageError, match="no regular file"):
        read_still("/dev/null")


def avif_turned_by(turn: bytes) -> bytes:
    """An AVIF of this machine's encoder, with one property more."""
    data = cv2.imencode(".avif", picture(), [cv2.IMWRITE_AVIF_QUALITY, 95])[1].tobytes()
    ipco = data.index(b"ipco") - 4
    size = int.from_bytes(data[ipco : ipco + 4])
    number = sum(1 for _ in boxes(data[ipco + 8 : ipco + size])) + 1
    ipma = data.index(b"ipma") - 4
    count_at = ipma + 18
    entries_end = count_at + 1 + data[count_at]
    changed = bytearray(data)
    changed[entries_end:entries_end] = bytes([0x80 | number])
    changed[count_at] += 1
    changed[ipma : ipma + 4] = (int.from_bytes(data[ipma : ipma + 4]) + 1).to_bytes(4)
    changed[ipco + size : ipco + size] = turn
    changed[ipco : ipco + 4] = (size + len(turn)).to_bytes(4)
    grown = len(turn) + 1
    for name in (b"iprp", b"meta"):
        at = data.index(name) - 4
        changed[at : at + 4] = (int.from_bytes(data[at : at + 4]) + grown).to_bytes(4)
    iloc = data.index(b"iloc") + 18  # version 0: offset of the first extent of the only item
    changed[iloc : iloc + 4] = (int.from_bytes(data[iloc : iloc + 4]) + grown).to_bytes(4)
    return bytes(changed)


def boxes(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        found.append(data[at : at + size])
        at += size
    return found


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (b"\0\0\0\x09irot\x01", np.rot90(picture())),
        (b"\0\0\0\x09irot\x02", picture()[::-1, ::-1]),
        (b"\0\0\0\x09irot\x03", np.rot90(picture(), -1)),
        (b"\0\0\0\x09imir\x01", picture()[:, ::-1]),
        (b"\0\0\0\x09imir\x00", picture()[::-1]),
    ],
    ids=["quarter", "half", "three quarters", "left and right", "top and bottom"],
)
def test_an_avif_is_turned_as_it_says(tmp_path: Path, turn: bytes, expected: Image) -> None:
    path = tmp_path / "a.avif"
    path.write_bytes(avif_turned_by(turn))
    image = read_still(path).image
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 10


def test_heic_is_read_with_the_extra(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    path = tmp_path / "phone.heic"
    with path.open("wb") as file:
        heif.encode("RGB", (64, 48), np.ascontiguousarray(picture()[..., ::-1]).tobytes(), file, quality=95)
    assert np.abs(read_still(path).image.astype(int) - picture()).mean() < 10


def test_heic_without_the_extra_is_a_line_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.imaging.decode.can_read_heif", lambda: False)
    path = tmp_path / "phone.heic"
    size = b"\0\0\0\x14ispe" + bytes(4) + struct.pack(">II", 64, 48)
    properties = b"\0\0\0\x24iprp" + b"\0\0\0\x1cipco" + size
    path.write_bytes(
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + struct.pack(">I", 12 + len(properties)) + b"meta\0\0\0\0" + properties
    )
    with pytest.raises(ImageError, match=r"smile-edge\[heif\]"):
        read_still(path)


def test_a_small_file_is_read_into_a_small_buffer(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))
    read_still(path)

    tracemalloc.start()
    try:
        read_still(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
