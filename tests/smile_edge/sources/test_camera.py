"""Cameras: modes, stamps, loss."""

import time
from itertools import islice
from pathlib import Path

import cv2
import pytest
from fake_capture import FakeCapture, no_capture_threads

from smile_edge.errors import SourceError
from smile_edge.sources import CameraSource
from smile_edge.sources.camera import _check_node, _device_node
from smile_edge.types import Image


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


def test_a_camera_that_was_unplugged_is_taken_on_again() -> None:
    plugged = FakeCapture(9, properties={cv2.CAP_PROP_FPS: 25.0})
    captures = [FakeCapture(4), FakeCapture(0, opened=False), FakeCapture(0), plugged]
    opened = iter(captures)

    with CameraSource(0, width=640, reconnect_s=30, opener=lambda _: next(opened)) as camera:
        frames = list(islice(camera._recovering.frames(), 8))
    assert [frame.index for frame in frames] == list(range(8))
    assert [frame.gap_s is not None for frame in frames] == [index == 3 for index in range(8)]
    assert frames[3].time_s - frames[2].time_s == pytest.approx(frames[3].gap_s)
    assert camera.notes() == ("reconnected 1 time, 1 s lost",)
    assert all(capture.released for capture in captures)
    assert plugged.asked[cv2.CAP_PROP_FRAME_WIDTH] == 640


def test_a_camera_that_stays_away_says_why() -> None:
    captures = iter([FakeCapture(4), *(FakeCapture(0, opened=False) for _ in range(9))])

    with (
        pytest.raises(SourceError, match=r"was lost after 3 frames .* and was not back within 0\.1 s: .*") as caught,
        CameraSource(0, reconnect_s=0.1, opener=lambda _: next(captures)) as camera,
    ):
        list(camera)
    assert "cannot be opened" in str(caught.value) or "no such camera" in str(caught.value)
    assert no_capture_threads()


def test_one_picture_that_cannot_be_read_is_passed_over() -> None:
    class Glitch(FakeCapture):
        def read(self) -> tuple[bool, Image | None]:
            ok, image = super().read()
            return (False, None) if self.left == 3 else (ok, image)

    captures = iter([Glitch(6)])
    with CameraSource(0, opener=lambda _: next(captures)) as camera:
        frames = camera._recovering.frames()
        assert [frame.gap_s for frame in islice(frames, 4)] == [None] * 4


def test_a_format_is_asked_of_the_camera_before_its_size() -> None:
    capture = FakeCapture(5)
    CameraSource(0, width=640, format="YUYV", opener=lambda _: capture).close()
    keys = list(capture.asked)
    assert capture.asked[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"YUYV")
    assert keys.index(cv2.CAP_PROP_FOURCC) < keys.index(cv2.CAP_PROP_FRAME_WIDTH)


@pytest.mark.parametrize(("fps", "told"), [(30.0, False), (29.97, False), (15.0, True), (0.0, False)])
def test_another_mode_than_was_asked_for_is_logged(fps: float, told: bool, caplog: pytest.LogCaptureFixture) -> None:
    properties = {cv2.CAP_PROP_FRAME_WIDTH: 1280.0, cv2.CAP_PROP_FRAME_HEIGHT: 720.0, cv2.CAP_PROP_FPS: fps}
    capture = FakeCapture(5, properties=properties)
    CameraSource(0, width=1280, height=720, fps=30, opener=lambda _: capture).close()
    assert ("1280x720 at 15 frames/s" in caplog.text) is told


def test_another_format_than_was_asked_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    properties = {cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"YUYV")), cv2.CAP_PROP_FRAME_WIDTH: 640.0}
    CameraSource(0, width=640, format="MJPG", opener=lambda _: FakeCapture(5, properties=properties)).close()
    assert "YUYV" in caplog.text


def test_a_lasting_link_is_opened_as_the_device_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device, link = tmp_path / "video7", tmp_path / "usb-HD-index0"
    device.touch()
    link.symlink_to(device)
    opened: list[object] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda name, backend: opened.append(name) or FakeCapture(3))
    with CameraSource(str(link)) as camera:
        assert camera.name == str(link)
    assert opened == [str(device)]
