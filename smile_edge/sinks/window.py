"""The window on the screen."""

import os
import socket
import sys
import time
from collections.abc import Collection

import cv2
import numpy as np

from smile_edge.errors import SinkError
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces, draw_status
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink

__all__ = ["WindowSink", "has_display"]

_QUIT_KEYS = (ord("q"), ord("Q"), 27)
_POLL_MS = 30


class WindowSink(Sink):
    """Shows each frame with its overlay.

    Attributes:
        closed: the user pressed q or Esc, or closed the window.
        status: one line shown in the top left corner; empty shows none.
    """

    def __init__(self, title: str = "smile-edge", *, draw: Collection[str] = DEFAULT_DRAWN) -> None:
        """Check that there is a display; the window opens with the first frame.

        Raises:
            SinkError: there is no display, or OpenCV was built without windows.
        """
        if not has_display():
            raise SinkError(
                "there is no display to show a window on (DISPLAY is unset or does not answer);"
                " use --no-show, or run inside a desktop session"
            )
        if not hasattr(cv2, "imshow"):
            raise SinkError(_HEADLESS)
        self.title, self.draw = title, draw
        self.status = ""
        self._open = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Show this frame; one with an error (no picture), or after `closed`, is left out."""
        if self.closed or result.error is not None or not frame.image.size:
            return
        image = draw_faces(frame.image, result.faces, self.draw)
        if self.status:
            image = draw_status(image, self.status)
        try:
            if not self._open:
                self._show_first(frame)
            cv2.imshow(self.title, image)
            self._look_for_the_end(1)
        except cv2.error:
            raise SinkError(_HEADLESS) from None

    def hold(self, seconds: float | None) -> None:
        """Go on showing the last frame, if there is one, for so long or, with None, until the user closes it."""
        end_s = float("inf") if seconds is None else time.monotonic() + seconds
        while self._open and not self.closed and time.monotonic() < end_s:
            self._look_for_the_end(_POLL_MS)

    def _look_for_the_end(self, wait_ms: int) -> None:
        key = cv2.waitKey(wait_ms) & 0xFF
        self.closed = key in _QUIT_KEYS or cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1

    def close(self) -> None:
        if self._open:
            self._open = False
            try:
                cv2.destroyWindow(self.title)
                cv2.waitKey(1)
            except cv2.error:
                return  # the user has closed it already

    def _show_first(self, frame: Frame) -> None:
        """Open a window that the user can resize, at the size of the picture but no larger than a small screen."""
        cv2.namedWindow(self.title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        self._open = True
        height, width = frame.image.shape[:2]
        scale = min(1.0, 1280 / width, 720 / height)
        cv2.resizeWindow(self.title, max(int(np.rint(width * scale)), 1), max(int(np.rint(height * scale)), 1))


def has_display() -> bool:
    """Whether a window can be opened here.

    OpenCV aborts the whole process when it cannot reach an X server, so this looks first. Its wheels for Linux speak
    only X11, which Wayland desktops offer through DISPLAY, too; another build may speak Wayland by itself.
    """
    if sys.platform != "linux":
        return True
    display = os.environ.get("DISPLAY", "")
    if display:
        return _x_server_answers(display)
    return bool(os.environ.get("WAYLAND_DISPLAY")) and not _only_x11()


_HEADLESS = "OpenCV cannot open windows; use --no-show, or install opencv-python in place of opencv-python-headless"


def _x_server_answers(display: str) -> bool:
    """Whether something listens at an X display such as `:0`, `unix:0` or `localhost:10.0`."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdigit():
        return False
    try:
        if host not in ("", "unix"):
            with socket.create_connection((host, 6000 + int(number)), timeout=3):
                return True
        path = f"/tmp/.X11-unix/X{number}"
        return _unix_answers(path) or _unix_answers("\0" + path)
    except OSError:
        return False


def _unix_answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(3)
        return server.connect_ex(path) == 0


def _only_x11() -> bool:
    """Whether this OpenCV draws with a Qt that was shipped without a Wayland plug-in, as the wheels are."""
    plugins = os.path.join(os.path.dirname(cv2.__file__), "qt", "plugins", "platforms")
    return os.path.isdir(plugins) and not any("wayland" in name for name in os.listdir(plugins))
