"""Videos, read back."""

import logging
from pathlib import Path

import av
import numpy as np
import pytest
from black_frames import FRAME, RESULT, write_clip
from portrait_frames import BROKEN, PORTRAIT, face, frame_and_result, read_video
from videos import decoded, grey, kept_times, write_grey

from smile_edge.errors import SinkError, UsageError
from smile_edge.imaging.draw import draw_faces
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import VideoSink
from smile_edge.sinks.encoding.formats import CONTAINERS
from smile_edge.sources import open_source


@pytest.mark.parametrize("ending", CONTAINERS)
def test_video_holds_every_frame_with_its_overlay(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    with VideoSink(path, 25) as sink:
        for index in range(5):
            sink.write(*frame_and_result(index))
        sink.write(*BROKEN)
    images = [frame.to_ndarray(format="bgr24") for frame in decoded(path)]
    assert len(images) == 5
    assert images[0].shape == PORTRAIT.shape
    overlaid = draw_faces(PORTRAIT, [face()]).astype(int)
    drawn = np.abs(PORTRAIT - overlaid).max(-1) > 40
    assert np.abs(images[2] - overlaid)[drawn].mean() < 0.5 * np.abs(PORTRAIT - overlaid)[drawn].mean()


@pytest.mark.parametrize(
    ("ending", "codec"),
    [(".mp4", "h264"), (".m4v", "h264"), (".mov", "h264"), (".mkv", "h264"), (".webm", "vp9"), (".avi", "mjpeg")],
)
def test_codec_and_colours_are_those_that_players_expect(tmp_path: Path, ending: str, codec: str) -> None:
    path = tmp_path / f"out{ending}"
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (40, 40, 200), (200, 180, 40)
    with VideoSink(path) as sink:
        sink.write(Frame(colours), FrameResult("test", 0, 0.0, 64, 48))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == codec
    for image in (read_video(path)[0], decoded(path)[0].to_ndarray(format="bgr24")):
        assert np.abs(image[10:40, (16, 48)].astype(int) - colours[10:40, (16, 48)]).max() < 12


@pytest.mark.parametrize("ending", CONTAINERS)
def test_each_frame_is_shown_at_its_own_time_and_a_gap_stays_one(tmp_path: Path, ending: str) -> None:
    times_s = [0.0, 0.04, 0.5, 0.6, 1.2, 4.0]
    kept = kept_times(write_grey(tmp_path / f"out{ending}", times_s, 25))
    assert kept == pytest.approx(times_s, abs=0.021 if ending == ".avi" else 0.002)  # a grid of 1/25 s


def test_a_live_source_is_written_by_its_capture_clock(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoSink(path, 10) as sink:
        for time_s in (3.0, 3.1, 3.5, 3.52):
            sink.write(*frame_and_result(captured_s=70.0 + time_s, time_s=time_s))
    assert kept_times(path) == pytest.approx([0.0, 0.1, 0.5, 0.52], abs=1e-4)


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".avi", ".gif"])
def test_times_that_stand_still_or_go_back_lose_no_frame(tmp_path: Path, ending: str) -> None:
    kept = kept_times(write_grey(tmp_path / f"out{ending}", [0.0, 0.1, 0.1, 0.05, 0.2, 9.0, 1.0, 1.1]))
    assert len(kept) == 8
    assert kept == sorted(set(kept))


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


@pytest.mark.parametrize("ending", CONTAINERS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (641, 7)])
def test_every_size_can_be_written(tmp_path: Path, ending: str, width: int, height: int) -> None:
    path = tmp_path / f"out{ending}"
    with VideoSink(path) as sink:
        for index in range(3):
            sink.write(*grey(index, index / 30, width=width, height=height))
    frames = decoded(path)
    odd = ending == ".gif"
    assert len(frames) == 3
    assert (frames[0].width, frames[0].height) == ((width, height) if odd else (width + 1, height + 1))


def test_a_size_that_has_no_encoder_is_one_line_and_spares_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"earlier")
    with pytest.raises(SinkError, match=r"no H\.264 of 20000x2") as caught, VideoSink(path) as sink:
        sink.write(*grey(0, 0.0, width=20_000, height=2))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"earlier"


def test_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "out.mp4", 30):
        assert (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.mp4").exists()


def test_video_refuses_unknown_endings_and_rates(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"expected one of \.mp4"):
        VideoSink(tmp_path / "out.txt")
    with pytest.raises(UsageError, match="fps must be a positive number"):
        VideoSink(tmp_path / "out.mp4", 0)


def test_without_an_h264_encoder_the_video_is_mpeg4_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("av.codecs_available", {"mpeg4", "gif"})
    path = write_grey(tmp_path / "out.mp4", [0.0, 0.5, 0.51])
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "out.mp4 is MPEG-4: this FFmpeg has no encoder for H.264" in caplog.text
    assert kept_times(path) == pytest.approx([0.0, 0.5, 0.51], abs=1e-3)


def test_a_kind_without_any_encoder_is_one_line_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("av.codecs_available", {"mpeg4", "gif"})
    with pytest.raises(SinkError, match="no encoder for VP9; name a file of another kind"):
        VideoSink(tmp_path / "out.webm")
    assert not (tmp_path / "out.webm").exists()


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
