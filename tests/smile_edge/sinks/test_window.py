"""The window, with OpenCV's own windows replaced."""

import os
import socket
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from smile_edge.errors import SinkError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import WindowSink, window

FRAME = Frame(np.zeros((48, 64, 3), np.uint8))
RESULT = FrameResult("test", 0, 0.0, 64, 48)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for an X server")


class FakeScreen:
    """Stands in for OpenCV's window functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[npt.NDArray[np.uint8]] = []
        self.key, self.visible, self.windows = -1, 1.0, 0
        monkeypatch.setattr(window, "has_display", lambda: True)
        monkeypatch.setattr(cv2, "namedWindow", self.open)
        monkeypatch.setattr(cv2, "resizeWindow", lambda *_: None)
        monkeypatch.setattr(cv2, "imshow", lambda _, image: self.shown.append(image))
        monkeypatch.setattr(cv2, "waitKey", lambda _: self.key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: self.visible)
        monkeypatch.setattr(cv2, "destroyWindow", self.close)

    def open(self, *_: object) -> None:
        self.windows += 1

    def close(self, *_: object) -> None:
        self.windows -= 1


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> FakeScreen:
    return FakeScreen(monkeypatch)


def test_each_frame_is_shown_and_the_window_goes_away(screen: FakeScreen) -> None:
    with WindowSink("test") as sink:
        sink.write(FRAME, RESULT)
        sink.write(FRAME, RESULT)
        assert (len(screen.shown), screen.windows, sink.closed) == (2, 1, False)
    assert screen.windows == 0


def test_the_last_frame_is_held_for_its_time_or_until_the_user_closes_it(
    screen: FakeScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []

    def wait(milliseconds: int) -> int:
        waits.append(milliseconds)
        if len(waits) == 6:
            screen.visible = 0.0
        time.sleep(0.01)
        return -1

    monkeypatch.setattr(cv2, "waitKey", wait)
    with WindowSink("test") as sink:
        sink.hold(None)  # there is no frame yet
        sink.write(FRAME, RESULT)
        sink.hold(0.015)
        assert not sink.closed
        held = len(waits)
        sink.hold(None)
        assert sink.closed
    assert 1 < held < 6
    assert len(waits) == 7  # the last one while the window goes away


@pytest.mark.parametrize("key", [ord("q"), ord("Q"), 27])
def test_q_and_escape_close_it(screen: FakeScreen, key: int) -> None:
    with WindowSink("test") as sink:
        screen.key = key
        sink.write(FRAME, RESULT)
        assert sink.closed
        sink.write(FRAME, RESULT)
    assert len(screen.shown) == 1


def test_closing_the_window_closes_it(screen: FakeScreen) -> None:
    with WindowSink("test") as sink:
        screen.visible = 0.0
        sink.write(FRAME, RESULT)
        assert sink.closed


def test_a_status_line_is_drawn_on_the_picture(screen: FakeScreen) -> None:
    with WindowSink("test") as sink:
        sink.status = "30 fps"
        sink.write(FRAME, RESULT)
    assert screen.shown[0].max() > 100
    assert FRAME.image.max() == 0


def test_an_opencv_without_windows_says_how_to_get_them(screen: FakeScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise cv2.error("The function is not implemented")

    monkeypatch.setattr(cv2, "namedWindow", refuse)
    with WindowSink("test") as sink, pytest.raises(SinkError, match="opencv-python-headless"):
        sink.write(FRAME, RESULT)


@linux_only
@pytest.mark.parametrize("display", [None, ":98765", "nonsense"])
def test_without_a_display_it_fails_before_opencv_could_abort(
    monkeypatch: pytest.MonkeyPatch, display: str | None
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if display is not None:
        monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(SinkError, match="--no-show"):
        WindowSink("test")


@linux_only
def test_an_x_server_that_answers_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    number = 20_000 + os.getpid() % 10_000
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen(1)
        monkeypatch.setenv("DISPLAY", f":{number}.0")
        assert window.has_display()


def test_wheels_that_speak_only_x11_are_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = tmp_path / "qt" / "plugins" / "platforms"
    plugins.mkdir(parents=True)
    (plugins / "libqxcb.so").touch()
    monkeypatch.setattr(cv2, "__file__", str(tmp_path / "__init__.py"))
    assert window._only_x11()
    (plugins / "libqwayland-generic.so").touch()
    assert not window._only_x11()
