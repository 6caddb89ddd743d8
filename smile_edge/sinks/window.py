"""The window on the screen."""

import itertools
import math
import os
import socket
import sys
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import SinkError
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces, draw_ids, draw_status
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.types import Image

__all__ = ["WindowSink", "has_display"]

_QUIT, _MIRROR, _PAUSE, _SNAPSHOT = (ord("q"), ord("Q"), 27), (ord("m"), ord("M")), (ord(" "),), (ord("s"), ord("S"))
_KEYS_NAMED = "m mirror   space pause   s snapshot   q quit"
_NAMED_S = 5.0
"""How long the window names its keys."""
_TOLD_S = 3.0
"""How long it says what a key has done."""
_POLL_MS = 30


class WindowSink(Sink):
    """Shows each frame with its overlay, and takes keys: m mirrors, space pauses, s keeps a picture, q or Esc quits.

    m mirrors what is shown, not what is recorded. Where frames come from a file a pause holds the run; those of a live
    source go on, unseen. A snapshot is a PNG in the working folder, as the window shows the frame.

    Attributes:
        closed: the user pressed q or Esc, or closed the window.
        status: one line shown in the top left corner; empty shows none.
        paused_s: seconds that pauses have held the run so far.
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
        self.status, self.paused_s = "", 0.0
        self._open = self._mirrored = self._paused = False
        self._shown: tuple[Frame, FrameResult] | None = None
        self._said, self._said_until_s = "", 0.0

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Show this frame; one with an error (no picture), or after `closed`, is left out."""
        if self.closed or result.error is not None or not frame.image.size:
            return
        try:
            if not self._open:
                self._show_first(frame)
                self._say(_KEYS_NAMED, _NAMED_S)
            if not self._paused:
                self._shown = frame, result
                self._refresh()
            self._take_key(1)
            if frame.captured_s is None:
                self._wait_out_pause()
        except cv2.error:
            raise SinkError(_HEADLESS) from None

    def hold(self, seconds: float | None) -> None:
        """Go on showing the last frame, if there is one, for so long or, with None, until the user closes it."""
        end_s = float("inf") if seconds is None else time.monotonic() + seconds
        while self._open and not self.closed and time.monotonic() < end_s:
            self._take_key(_POLL_MS)

    def _wait_out_pause(self) -> None:
        """Holds the run until the user lets it go on."""
        start_s = time.monotonic()
        while self._paused and not self.closed:
            self._take_key(_POLL_MS)
        self.paused_s += time.monotonic() - start_s

    def _take_key(self, wait_ms: int) -> None:
        """Does what the key says that the user has pressed, if any."""
        key = cv2.waitKey(wait_ms) & 0xFF
        self.closed = key in _QUIT or cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1
        if self.closed or self._shown is None or key not in (*_MIRROR, *_PAUSE, *_SNAPSHOT):
            return
        if key in _MIRROR:
            self._mirrored = not self._mirrored
        elif key in _PAUSE:
            self._paused = not self._paused
            self._say("paused" if self._paused else "", math.inf)
        else:
            self._say(self._snapshot(*self._shown), _TOLD_S)
        self._refresh()

    def _refresh(self) -> None:
        """Shows the last frame with what is to be said."""
        if self._shown is None:
            return
        image = self._picture(*self._shown)
        if self.status:
            image = draw_status(image, self.status)
        if self._said and time.monotonic() < self._said_until_s:
            image = draw_status(image, self._said, bottom=True)
        cv2.imshow(self.title, image)

    def _picture(self, frame: Frame, result: FrameResult) -> Image:
        """The frame with its overlay, mirrored if the user wants it so; numbers are never mirrored."""
        if not self._mirrored:
            return draw_faces(frame.image, result.faces, self.draw)
        image = np.ascontiguousarray(draw_faces(frame.image, result.faces, self.draw, ids=False)[:, ::-1])
        return draw_ids(image, [_box_mirrored(face, result.width) for face in result.faces]) if self.draw else image

    def _snapshot(self, frame: Frame, result: FrameResult) -> str:
        """Writes the picture under a new name; returns what to tell the user."""
        stem = time.strftime("smile-edge-%Y%m%d-%H%M%S")
        names = (Path(f"{stem}{'' if count == 1 else f'-{count}'}.png") for count in itertools.count(1))
        encoded = cv2.imencode(".png", self._picture(frame, result))[1].tobytes()
        for path in names:
            try:
                with path.open("xb") as file:
                    file.write(encoded)
            except FileExistsError:
                continue
            except OSError as error:
                return f"no snapshot: {error.strerror}"
            return f"saved {path}"
        return ""

    def _say(self, text: str, seconds: float) -> None:
        """Shows a line at the bottom for so long."""
        self._said, self._said_until_s = text, time.monotonic() + seconds

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
        # Without the last one Qt puts a toolbar above the picture.
        cv2.namedWindow(self.title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._open = True
        height, width = frame.image.shape[:2]
        scale = min(1.0, 1280 / width, 720 / height)
        cv2.resizeWindow(self.title, max(int(np.rint(width * scale)), 1), max(int(np.rint(height * scale)), 1))


def _box_mirrored(face: Face, width: int) -> Face:
    """The face with its box where it is in the mirrored picture."""
    box = face.box.copy()
    box[0] = width - 1 - (box[0] + box[2])
    return replace(face, box=box)


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
