"""Video files: every frame at its time."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.errors import SourceError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.sources import VideoFileSource, open_source


def write_clip(path: Path, frames: int = 12, fps: float = 25.0) -> Path:
    """A clip whose frame `i` is grey with level `20 * i`."""
    hush_native_logs()  # FFmpeg takes its log level from the first use in a process
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((48, 64, 3), 20 * index, np.uint8))
    writer.release()
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
