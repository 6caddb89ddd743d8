"""The virtual camera, over a fake pyvirtualcam."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sent_faces import FRAME, face, result_of

from smile_edge.errors import SinkError
from smile_edge.sinks import VirtualCameraSink


class FakeCamera:
    """Keeps what it is sent."""

    opened: "list[FakeCamera]"

    def __init__(self, width: int, height: int, fps: float, *, fmt: str, device: str | None = None) -> None:
        self.size, self.fps, self.fmt, self.device = (width, height), fps, fmt, device
        self.frames: list[np.ndarray] = []
        self.closed = 0
        self.opened.append(self)

    def send(self, image: np.ndarray) -> None:
        if image.shape != (self.size[1], self.size[0], 3):
            raise ValueError("unexpected frame shape")
        self.frames.append(image.copy())

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> list[FakeCamera]:
    """The cameras that are opened."""
    opened: list[FakeCamera] = []
    monkeypatch.setattr(FakeCamera, "opened", opened, raising=False)
    fake = SimpleNamespace(Camera=FakeCamera, PixelFormat=SimpleNamespace(BGR="24BG"))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake)
    return opened


def grey(width: int, height: int, level: int = 90) -> Any:
    return replace(FRAME, image=np.full((height, width, 3), level, np.uint8))


def test_the_drawn_picture_is_shown_in_the_size_of_the_first_frame(cameras: list[FakeCamera]) -> None:
    with VirtualCameraSink(fps=25.0) as sink:
        sink.write(grey(320, 240), result_of(face()))
        sink.write(grey(320, 240, 91), result_of())

    (camera,) = cameras
    assert (camera.size, camera.fps, camera.fmt, camera.device) == ((320, 240), 25.0, "24BG", None)
    assert (camera.frames[0] != 90).any()
    assert (camera.frames[1] == 91).all()
    assert camera.closed == 1


def test_what_is_drawn_can_be_chosen(cameras: list[FakeCamera]) -> None:
    with VirtualCameraSink("/dev/video10", draw=()) as sink:
        sink.write(grey(320, 240), result_of(face()))

    assert (cameras[0].frames[0] == 90).all()
    assert cameras[0].device == "/dev/video10"
    assert sink.name == "virtual camera /dev/video10"


def test_another_size_is_fitted_in_and_an_odd_one_gets_a_line_more(cameras: list[FakeCamera]) -> None:
    with VirtualCameraSink() as sink:
        sink.write(grey(321, 241), result_of())
        sink.write(grey(640, 640), result_of())

    assert cameras[0].size == (322, 242)
    assert (cameras[0].frames[0][0, :321] == 90).all()
    assert (cameras[0].frames[1][:, 0] == 0).all()
    assert (cameras[0].frames[1][121, 161] == 90).all()


def test_a_frame_without_a_picture_is_left_out(cameras: list[FakeCamera]) -> None:
    with VirtualCameraSink() as sink:
        sink.write(grey(320, 240), replace(result_of(), error="not an image"))
        sink.write(grey(0, 0), result_of())

    assert cameras == []


@pytest.mark.parametrize("error", [RuntimeError("'obs': in use\nby OBS."), OSError(16, "busy"), ValueError("x")])
def test_a_camera_that_is_busy_is_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    fake = SimpleNamespace(Camera=refuse, PixelFormat=SimpleNamespace(BGR="24BG"))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake)

    with VirtualCameraSink() as sink, pytest.raises(SinkError, match="cannot show the virtual camera: ") as caught:
        sink.write(grey(320, 240), result_of())
    assert "\n" not in str(caught.value)
    assert "smile-edge doctor" in str(caught.value)
    assert ".;" not in str(caught.value)


def test_without_pyvirtualcam_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)

    with pytest.raises(SinkError, match="needs pyvirtualcam, which is not installed: pip install pyvirtualcam"):
        VirtualCameraSink()


def test_a_package_that_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ImportError("libfoo.so.1: cannot open\nshared object file")

    monkeypatch.setattr("smile_edge.sinks.network.extras.import_module", broken)

    with pytest.raises(SinkError, match=r"cannot be loaded: libfoo\.so\.1: cannot open shared object file"):
        VirtualCameraSink()
