"""Videos, read back."""

from pathlib import Path

import numpy as np
import pytest
from black_frames import FRAME, RESULT, write_clip
from portrait_frames import BROKEN, PORTRAIT, face, frame_and_result, read_video

from smile_edge.errors import SinkError, UsageError
from smile_edge.imaging.draw import draw_faces
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import VideoSink
from smile_edge.sources import open_source


@pytest.mark.parametrize("ending", [".mp4", ".m4v", ".mov", ".mkv", ".avi"])
def test_video_holds_every_frame_with_its_overlay(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    with VideoSink(path, 25) as sink:
        for index in range(5):
            sink.write(*frame_and_result(index))
        sink.write(*BROKEN)
    images = read_video(path)
    assert len(images) == 5
    assert images[0].shape == PORTRAIT.shape
    overlaid = draw_faces(PORTRAIT, [face()]).astype(int)
    drawn = np.abs(PORTRAIT - overlaid).max(-1) > 40
    assert np.abs(images[2] - overlaid)[drawn].mean() < 0.5 * np.abs(PORTRAIT - overlaid)[drawn].mean()


def test_video_keeps_the_first_size_and_odd_sizes_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    with VideoSink(path, 25) as sink:
        for height, width in ((45, 61), (200, 100), (46, 62)):
            frame = Frame(np.full((height, width, 3), 255, np.uint8))
            sink.write(frame, FrameResult("test", 0, 0.0, width, height))
    first, tall, _ = read_video(path)
    assert first.shape == tall.shape == (46, 62, 3)
    assert first[:45, :61].min() > 200
    columns = tall[23, :, 0]
    assert columns[31] > 200
    assert max(columns[5], columns[-5]) < 50


def test_video_of_a_live_source_runs_at_the_speed_of_life(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    with VideoSink(path, 10) as sink:
        for time_s in (0.0, 0.1, 0.5, 0.52):
            sink.write(*frame_and_result(captured_s=1.0 + time_s, time_s=time_s))
    assert len(read_video(path)) == 7


def test_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "out.mp4", 30):
        assert (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.mp4").exists()


def test_video_refuses_unknown_endings_and_rates(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"expected one of \.mp4"):
        VideoSink(tmp_path / "out.txt")
    with pytest.raises(UsageError, match="fps must be a positive number"):
        VideoSink(tmp_path / "out.mp4", 0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.avi")


def test_a_video_may_have_a_colon_in_its_relative_name(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip.rename(tmp_path / "T12:30.avi")
    with open_source("T12:30.avi") as source:
        assert len(list(source)) == 4
    with VideoSink("out12:31.avi") as sink:
        sink.write(FRAME, RESULT)
    assert (tmp_path / "out12:31.avi").stat().st_size > 1000


def test_a_video_that_was_cut_short_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("smile_edge.sinks.video._readable", lambda path: False)
    with pytest.raises(SinkError, match="cut short"), VideoSink(tmp_path / "a.mp4", 30.0) as output:
        output.write(FRAME, RESULT)
