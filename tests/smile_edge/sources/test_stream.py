"""Network streams: ends, passwords, options."""

import os

import cv2
import pytest
from fake_capture import FakeCapture

from smile_edge.errors import SourceError
from smile_edge.sources import StreamSource
from smile_edge.sources.stream import _capture_options, without_password


def stream_of(pictures: int, length: float = 0.0) -> tuple[FakeCapture, StreamSource]:
    capture = FakeCapture(pictures, properties={cv2.CAP_PROP_FRAME_COUNT: length, cv2.CAP_PROP_FPS: 25.0})
    return capture, StreamSource("http://user:secret@host/video", opener=lambda _: capture)


def test_a_stream_that_ends_is_an_error_and_its_password_stays_secret() -> None:
    capture, stream = stream_of(4)
    with pytest.raises(SourceError, match="ended after 3 frames") as caught, stream:
        list(stream)
    assert stream.live
    assert stream.name == "http://host/video"
    assert "secret" not in str(caught.value)
    assert capture.released


def test_a_video_file_behind_http_gives_every_frame() -> None:
    _, stream = stream_of(4, length=4)
    with stream:
        frames = list(stream)
    assert not stream.live
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0.0), (1, 0.04), (2, 0.08), (3, 0.12)]


def test_an_address_that_does_not_answer_says_so_without_the_password() -> None:
    with pytest.raises(SourceError, match="no video from this address") as caught:
        StreamSource("rtsp://user:secret@host/live", opener=lambda _: FakeCapture(0, opened=False))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://user:p@ss@host:554/live?x=1", "rtsp://host:554/live?x=1"),
        ("http://host/a.mp4", "http://host/a.mp4"),
        ("http://host/a@2x.mp4", "http://host/a@2x.mp4"),
        *((f"rtsp://user:p{sign}ss@host/live", "rtsp://host/live") for sign in "/?#[]"),
    ],
)
def test_names_leave_user_and_password_out(url: str, name: str) -> None:
    assert without_password(url) == name


def test_low_latency_options_are_set_for_rtsp_only_and_the_users_own_win(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(url: str) -> str | None:
        with _capture_options(url):
            return os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS")

    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", raising=False)
    assert "low_delay" in (seen("rtsp://host/live") or "")
    assert seen("http://host/video") is None
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;udp")
    assert seen("rtsp://host/live") == "rtsp_transport;udp"
