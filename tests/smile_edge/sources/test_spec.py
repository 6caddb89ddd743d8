"""What stands for a source on the command line."""

from pathlib import Path

import pytest
from grey_images import write_image
from made_videos import write_video

from smile_edge.errors import SourceError, UsageError
from smile_edge.sources import DemoSource, ImagesSource, VideoFileSource, open_source


def test_files_go_by_what_they_are(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    assert isinstance(open_source(str(tmp_path / "a.png")), ImagesSource)
    assert isinstance(open_source("demo?frames=3"), DemoSource)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nowhere.mp4", "no such source: 'nowhere.mp4'"),
        ("camera:front", "expected a number"),
        ("ftp://host/clip.mp4", "ftp:// addresses cannot be read"),
        ("/dev/video987", "no such camera"),
        ("", "no such source"),
    ],
)
def test_what_cannot_be_opened_is_one_line(spec: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_source(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif("sys.platform != 'linux'")
def test_a_camera_number_without_camera_names_the_device() -> None:
    with pytest.raises(SourceError, match=r"no such camera: camera:987 \(/dev/video987 does not exist\)"):
        open_source("987")


@pytest.mark.parametrize("spec", ["demo?frames=0", "demo?frames=-3", "demo?frames=ten", "demo?speed=2", "demo?live="])
def test_options_that_make_no_sense_are_refused(spec: str) -> None:
    with pytest.raises(UsageError, match=r"frames|live"):
        open_source(spec)


@pytest.mark.parametrize("fps", [0, -1.0, float("nan"), 5000])
def test_a_rate_that_is_none_is_refused(fps: float) -> None:
    with pytest.raises(UsageError, match="fps must be above 0"):
        open_source("demo", fps=fps)


@pytest.mark.parametrize(("frames", "kind"), [(1, ImagesSource), (3, VideoFileSource)])
def test_a_gif_that_moves_is_a_video(tmp_path: Path, frames: int, kind: type) -> None:
    path = write_video(tmp_path / "a.gif", frames, codec="gif", pix_fmt="rgb8")
    with open_source(str(path)) as source:
        assert isinstance(source, kind)
        assert len(list(source)) == frames


def test_a_picture_that_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a" + (32768).to_bytes(2, "little") * 2 + b"\0\0\0;")
    with pytest.raises(SourceError, match="32768 x 32768 px"):
        open_source(str(tmp_path / "a.gif"))
