"""Live sources: newest frame wins, and no thread or error is lost."""

import os
import threading
import time
from collections.abc import Generator

import cv2
import numpy as np
import pytest

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources import CameraSource, LatestFrames, StreamSource
from smile_edge.sources.camera import _check_node, _device_node
from smile_edge.sources.stream import _capture_options, without_password
from smile_edge.types import Image

PICTURE: Image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def wait_until_idle(latest: LatestFrames) -> None:
    """Let the capture thread run to the end of its generator."""
    latest._thread.join(5)
    assert not latest._thread.is_alive()


def no_capture_threads() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name.startswith("capture")]


def numbered(count: int) -> Generator[Frame]:
    for index in range(count):
        yield Frame(PICTURE, index)


class FakeCapture:
    """A capture device that delivers some pictures and is then lost."""

    def __init__(self, pictures: int, *, opened: bool = True, properties: dict[int, float] | None = None) -> None:
        self.left, self.opened, self.released = pictures, opened, False
        self.properties = properties or {}
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:
        return self.opened

    def read(self) -> tuple[bool, Image | None]:
        assert not self.released
        self.left -= 1
        return (True, PICTURE) if self.left >= 0 else (False, None)

    def get(self, propId: int, /) -> float:
        return self.properties.get(propId, 0.0)

    def set(self, propId: int, value: float, /) -> bool:
        self.asked[propId] = value
        return True

    def release(self) -> None:
        self.released = True


def test_the_newest_frame_wins_and_skipped_ones_are_counted() -> None:
    latest = LatestFrames(numbered(5), "test")
    wait_until_idle(latest)
    frame = next(latest)
    assert (frame.index, frame.dropped) == (4, 4)
    assert next(latest, None) is None


def test_a_reader_that_keeps_up_drops_nothing() -> None:
    taken = threading.Semaphore(1)

    def patient() -> Generator[Frame]:
        for frame in numbered(20):
            assert taken.acquire(timeout=5)
            yield frame

    latest = LatestFrames(patient(), "test")
    indices = []
    for frame in latest:
        indices.append((frame.index, frame.dropped))
        taken.release()
    assert indices == [(index, 0) for index in range(20)]


def test_an_error_in_the_thread_comes_out_after_the_last_frame() -> None:
    def failing() -> Generator[Frame]:
        yield Frame(PICTURE)
        raise SourceError("cable pulled")

    latest = LatestFrames(failing(), "test")
    wait_until_idle(latest)
    assert next(latest).index == 0
    with pytest.raises(SourceError, match="cable pulled"):
        next(latest)
    assert next(latest, None) is None


def test_silence_is_an_error_rather_than_a_hang() -> None:
    released = threading.Event()

    def silent() -> Generator[Frame]:
        released.wait(10)
        yield Frame(PICTURE)

    latest = LatestFrames(silent(), "test", stall_s=0.05)
    with pytest.raises(SourceError, match=r"no frame for 0\.05 s"):
        next(latest)
    released.set()
    wait_until_idle(latest)


def test_closing_joins_the_thread_and_closes_the_generator_where_it_ran() -> None:
    closed_in: list[str] = []

    def endless() -> Generator[Frame]:
        try:
            while True:
                yield Frame(PICTURE)
                time.sleep(0.001)
        finally:
            closed_in.append(threading.current_thread().name)

    latest = LatestFrames(endless(), "test")
    next(latest)
    latest.close()
    latest.close()
    assert no_capture_threads()
    assert closed_in == ["capture test"]
    assert next(latest, None) is None


def test_a_lost_camera_ends_with_an_error_and_is_released() -> None:
    capture = FakeCapture(4)
    with pytest.raises(SourceError, match="lost after 3 frames"), CameraSource(3, opener=lambda _: capture) as camera:
        list(camera)
    assert capture.released
    assert no_capture_threads()


def test_a_camera_is_live_and_knows_its_rate_and_age() -> None:
    now_s = time.monotonic()
    stamp_s = now_s - 0.25
    capture = FakeCapture(10**9, properties={cv2.CAP_PROP_FPS: 25.0, cv2.CAP_PROP_POS_MSEC: 1000 * stamp_s})
    with CameraSource(0, opener=lambda _: capture) as camera:
        frame = next(camera)
    assert (camera.name, camera.live, camera.fps, camera.length) == ("camera:0", True, 25.0, None)
    assert frame.captured_s == pytest.approx(stamp_s)
    assert (frame.source, frame.time_s) == ("camera:0", 0.0)
    assert no_capture_threads()


def test_a_stamp_of_another_clock_is_not_taken_for_the_capture_time() -> None:
    capture = FakeCapture(10**9, properties={cv2.CAP_PROP_POS_MSEC: 40.0})
    before_s = time.monotonic()
    with CameraSource(0, opener=lambda _: capture) as camera:
        frame = next(camera)
    assert frame.captured_s is not None
    assert before_s <= frame.captured_s <= time.monotonic()


def test_a_mode_is_asked_of_the_camera() -> None:
    capture = FakeCapture(5)
    CameraSource(0, width=1280, height=720, fps=60, opener=lambda _: capture).close()
    wanted = {cv2.CAP_PROP_FRAME_WIDTH: 1280, cv2.CAP_PROP_FRAME_HEIGHT: 720, cv2.CAP_PROP_FPS: 60}
    assert wanted.items() <= capture.asked.items()


@pytest.mark.parametrize(
    ("capture", "words"),
    [
        (FakeCapture(0, opened=False), r"cannot be opened|no such camera"),
        (FakeCapture(0), "gives no picture; it is busy"),
    ],
)
def test_a_camera_that_cannot_be_used_fails_at_once_and_is_released(capture: FakeCapture, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        CameraSource(0, opener=lambda _: capture)
    assert capture.released


def test_a_camera_that_is_not_there_or_not_ours_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = _device_node("/dev/video987")
    assert missing is not None
    with pytest.raises(SourceError, match="no such camera: camera:987"):
        _check_node("camera:987", missing)
    existing = _device_node("/dev/null")
    assert existing is not None
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SourceError, match="no permission"):
        _check_node("camera:0", existing)


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
