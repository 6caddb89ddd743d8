"""What files say of themselves before anything is decoded."""

from pathlib import Path

import pytest
from made_videos import write_video

from smile_edge.errors import SourceError
from smile_edge.imaging.file_structure import canvas_px, check_pixels, file_structure

KINDS = {
    "clip.mp4": ("iso", {}),
    "clip.mkv": ("matroska", {}),
    "clip.webm": ("matroska", {"codec": "libvpx"}),
    "clip.avi": ("avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "clip.flv": ("flv", {}),
    "clip.gif": ("gif", {"codec": "gif", "pix_fmt": "rgb8"}),
    "clip.apng": ("png", {"codec": "apng", "pix_fmt": "rgb24"}),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_without_its_last_byte_is_not_whole(tmp_path: Path, name: str) -> None:
    kind, settings = KINDS[name]
    path = write_video(tmp_path / name, **settings)  # type: ignore[arg-type]
    assert (file_structure(path).kind, file_structure(path).whole) == (kind, True)
    path.write_bytes(path.read_bytes()[:-1])
    assert file_structure(path).whole is False


@pytest.mark.parametrize("name", KINDS)
def test_no_beginning_of_a_file_is_an_error(tmp_path: Path, name: str) -> None:
    data = write_video(tmp_path / name, 2, **KINDS[name][1]).read_bytes()  # type: ignore[arg-type]
    for length in range(0, len(data), 7):
        (tmp_path / "part").write_bytes(data[:length])
        assert file_structure(tmp_path / "part").kind in ("", KINDS[name][0])


@pytest.mark.parametrize("name", ["clip.gif", "clip.apng"])
def test_pictures_are_counted(tmp_path: Path, name: str) -> None:
    assert file_structure(write_video(tmp_path / name, 5, **KINDS[name][1])).pictures == 5  # type: ignore[arg-type]


def test_a_matroska_that_was_streamed_is_whole_as_far_as_anyone_can_tell(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", live="1")
    assert file_structure(path).whole is None
    path.write_bytes(path.read_bytes()[:-1])
    assert file_structure(path).whole is False


def test_an_index_that_is_missing_is_seen(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4")
    assert file_structure(path).indexed
    path.write_bytes(path.read_bytes().replace(b"moov", b"free"))
    assert not file_structure(path).indexed


def test_a_transport_stream_consists_of_packets(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.ts")
    assert file_structure(path).whole is None
    path.write_bytes(path.read_bytes()[:-1])
    assert file_structure(path).whole is False


@pytest.mark.parametrize("name", ["clip.gif", "clip.apng"])
def test_the_canvas_is_in_the_first_bytes(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, 2, size=(63, 47), **KINDS[name][1])  # type: ignore[arg-type]
    assert canvas_px(path.read_bytes()[:30]) == (63, 47)
    assert canvas_px(b"") is None


def test_too_many_pixels_are_refused() -> None:
    check_pixels("a.gif", 14_142, 14_142)
    with pytest.raises(SourceError, match="expected at most 200 million"):
        check_pixels("a.gif", 20_000, 10_001)
