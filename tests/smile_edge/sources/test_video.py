"""Files as sources: videos, images, and what stands for them on the command line."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.errors import ImageError, SourceError, UsageError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.sources import DemoSource, ImagesSource, VideoFileSource, open_source


def write_clip(path: Path, frames: int = 12, fps: float = 25.0) -> Path:
    """A clip whose frame `i` is grey with level `20 * i`."""
    hush_native_logs()  # FFmpeg takes its log level from the first use in a process
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((48, 64, 3), 20 * index, np.uint8))
    writer.release()
    return path


def write_image(path: Path, level: int = 90) -> Path:
    cv2.imwrite(str(path), np.full((32, 48, 3), level, np.uint8))
    return path


@pytest.mark.parametrize("name", ["clip.avi", "clip.mkv", "100%d 顔.mkv"])
def test_a_video_gives_every_frame_at_its_time(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name)
    with open_source(str(path)) as video:
        frames = list(video)
    assert isinstance(video, VideoFileSource)
    assert (video.live, video.fps, video.length) == (False, 25.0, 12)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(12)], abs=1e-3)
    assert [round(float(frame.image.mean()) / 20) for frame in frames] == list(range(12))
    assert {(frame.source, frame.captured_s, frame.dropped) for frame in frames} == {(str(path), None, 0)}


def test_stamps_that_stand_still_give_way_to_the_frame_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VideoFileSource, "_position_s", lambda self: 0.0)
    with open_source(str(write_clip(tmp_path / "clip.avi"))) as video:
        times = [frame.time_s for frame in video]
    assert times == pytest.approx([index / 25 for index in range(12)])


def test_leaving_a_video_early_releases_it(tmp_path: Path) -> None:
    with open_source(str(write_clip(tmp_path / "clip.avi"))) as video:
        next(video)
    assert isinstance(video, VideoFileSource)
    assert not video._capture.isOpened()
    assert next(video, None) is None


def test_mirror_flips_left_to_right(tmp_path: Path) -> None:
    picture = np.zeros((16, 24, 3), np.uint8)
    picture[:, 12:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    with open_source(str(tmp_path / "half.png"), mirror=True) as source:
        frame = next(source)
    assert np.array_equal(frame.image, picture[:, ::-1])
    assert frame.image.flags.c_contiguous


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"WEBVTT\n\nnot a video at all\n" * 40, "a text file"),
        (bytes(range(256)) * 40, "not a video"),
    ],
)
def test_a_file_that_is_no_video_says_so(
    tmp_path: Path, content: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        open_source(str(path))
    assert capfd.readouterr().err == ""


def test_a_folder_gives_each_picture_under_its_own_name(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write_image(tmp_path / f"{number}.png", number)
    with open_source(str(tmp_path)) as source:
        frames = list(source)
    assert (source.live, source.length) == (False, 3)
    assert [(frame.index, Path(frame.source).name, int(frame.image[0, 0, 0])) for frame in frames] == [
        (0, "1.png", 1),
        (1, "2.png", 2),
        (2, "10.png", 10),
    ]


def test_a_broken_picture_in_a_folder_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"broken")
    write_image(tmp_path / "c.png")
    with caplog.at_level(logging.WARNING), open_source(str(tmp_path / "*.png")) as source:
        assert [frame.index for frame in source] == [0, 2]
    assert "b.png" in caplog.text


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"broken")
    with open_source(str(tmp_path)) as source, pytest.raises(SourceError, match="none of its 2 images"):
        list(source)


def test_a_single_broken_image_fails_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ImageError, match="empty"):
        open_source(str(tmp_path / "a.png"))


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
