"""Reading image files."""

import struct
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from smile_edge.errors import ImageError
from smile_edge.imaging.decode import read_image, read_reduced
from smile_edge.imaging.image_files import IMAGE_SUFFIXES
from smile_edge.types import Image

RED, GREEN, BLUE, WHITE = (0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255)


def quarters(height: int = 40, width: int = 64) -> Image:
    """Red, green / blue, white: every orientation looks different."""
    image = np.zeros((height, width, 3), np.uint8)
    rows, columns = height // 2, width // 2
    image[:rows, :columns], image[:rows, columns:] = RED, GREEN
    image[rows:, :columns], image[rows:, columns:] = BLUE, WHITE
    return image


def encoded(ending: str, image: npt.NDArray[np.generic]) -> bytes:
    ok, data = cv2.imencode(ending, image)
    assert ok
    return data.tobytes()


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x112, 3, 1, orientation, 0)
    block = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def assert_close(image: Image, expected: Image) -> None:
    assert image.dtype == np.uint8
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 8


@pytest.mark.parametrize("ending", [s for s in IMAGE_SUFFIXES if s not in (".pgm", ".pbm")])
def test_every_listed_colour_format_is_read_as_bgr(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"photo{ending}"
    path.write_bytes(encoded(".jpg" if ending == ".jfif" else ending, quarters()))
    assert_close(read_image(path), quarters())


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(3, cv2.ROTATE_180), (6, cv2.ROTATE_90_CLOCKWISE), (8, cv2.ROTATE_90_COUNTERCLOCKWISE)],
)
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, turn: int) -> None:
    path = tmp_path / "phone.jpg"
    path.write_bytes(with_exif_orientation(encoded(".jpg", quarters()), orientation))
    assert_close(read_image(path), np.asarray(cv2.rotate(quarters(), turn), np.uint8))


@pytest.mark.parametrize("ending", [".png", ".pgm", ".jpg"])
def test_grey_becomes_three_equal_channels(tmp_path: Path, ending: str) -> None:
    grey = np.tile(np.arange(64, dtype=np.uint8) * 4, (40, 1))
    path = tmp_path / f"grey{ending}"
    path.write_bytes(encoded(ending, grey))
    assert_close(read_image(path), np.repeat(grey[..., None], 3, -1))


def test_alpha_is_dropped_and_the_colours_below_stay(tmp_path: Path) -> None:
    path = tmp_path / "cutout.png"
    path.write_bytes(encoded(".png", np.dstack([quarters(), np.zeros((40, 64), np.uint8)])))
    assert_close(read_image(path), quarters())


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"deep{ending}"
    path.write_bytes(encoded(ending, quarters().astype(np.uint16) * 257))
    assert_close(read_image(path), quarters())


@pytest.mark.parametrize("scale", [1.0, 1 / 255])
def test_float_samples_are_scaled_to_eight_bits(tmp_path: Path, scale: float) -> None:
    path = tmp_path / "float.tif"
    path.write_bytes(encoded(".tif", quarters().astype(np.float32) * np.float32(scale)))
    assert_close(read_image(path), quarters())


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
def test_an_animation_gives_its_first_frame(tmp_path: Path, ending: str) -> None:
    animation = cv2.Animation()
    opaque = np.full((40, 64), 255, np.uint8)
    animation.frames = [np.dstack([picture, opaque]) for picture in (quarters(), 255 - quarters())]
    animation.durations = np.array([100, 100])
    ok, data = cv2.imencodeanimation(ending, animation)
    assert ok
    path = tmp_path / f"moving{ending}"
    path.write_bytes(data.tobytes())
    assert_close(read_image(path), quarters())


def test_paths_may_hold_any_letters(tmp_path: Path) -> None:
    path = tmp_path / "Größe 顔 %d.png"
    path.write_bytes(encoded(".png", quarters()))
    assert_close(read_image(path), quarters())


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"hello, not an image at all", "not an image"),
        ("zero.pgm", b"P5\n0 0\n255\n", "not an image"),
        ("half.png", encoded(".png", quarters())[:-60], "truncated"),
        ("half.jpg", encoded(".jpg", quarters())[:-200], "truncated"),
    ],
)
def test_a_broken_file_is_one_line_with_its_path(
    tmp_path: Path, name: str, content: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=words) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_missing_file_and_a_folder_are_image_errors(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "nowhere.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(tmp_path)


@pytest.mark.parametrize(
    ("size", "least_px", "factor"),
    [((64, 40), 32, 2), ((64, 40), 33, 1), ((64, 40), 8, 8), ((64, 36), 8, 4), ((63, 40), 8, 1)],
    ids=["half", "too small", "an eighth", "a quarter divides it", "nothing divides it"],
)
def test_a_jpeg_is_reduced_as_far_as_it_may_be(
    tmp_path: Path, size: tuple[int, int], least_px: int, factor: int
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(".jpg", quarters(height=size[1], width=size[0])))

    image, found = read_reduced(path, least_px)

    assert found == factor
    assert image.shape == (size[1] // factor, size[0] // factor, 3)


def test_a_reduced_jpeg_is_turned_as_exif_says(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    path.write_bytes(with_exif_orientation(encoded(".jpg", quarters()), 6))

    image, factor = read_reduced(path, 32)

    assert factor == 2
    assert_close(image, np.asarray(cv2.rotate(quarters(20, 32), cv2.ROTATE_90_CLOCKWISE), np.uint8))


def test_a_pixel_of_a_reduced_jpeg_lies_over_the_middle_of_those_it_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "ramp.jpg"
    ramp = np.repeat(np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))[..., None], 3, -1)
    path.write_bytes(encoded(".jpg", ramp))

    image, factor = read_reduced(path, 32)

    expected = 3 * ((np.arange(32) + 0.5) * factor - 0.5)
    np.testing.assert_allclose(image[:, 4:-4, 0].mean(0), expected[4:-4], atol=1)


def test_what_is_no_large_jpeg_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(".png", quarters()))
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff\xe1\x00")

    assert read_reduced(tmp_path / "a.png", 8)[1] == 1
    with pytest.raises(ImageError, match="damaged"):
        read_reduced(tmp_path / "b.jpg", 8)
