"""Cameras: by number on any system, by device file on Linux."""

import math
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Protocol, cast

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import SourceError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.records import Frame
from smile_edge.sources.base import Source

__all__ = ["CameraSource", "Capture", "live_frames", "sane_fps"]


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, npt.NDArray[np.uint8] | None]: ...
    def get(self, propId: int, /) -> float: ...
    def set(self, propId: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


def live_frames(
    capture: Capture, name: str, captured_s: Callable[[], float], *, ended: str, check: str
) -> Generator[Frame]:
    """Frames as a capture gives them, for as long as it does.

    Args:
        capture: open.
        name: of the source.
        captured_s: when the picture read last was taken, by `time.monotonic`.
        ended: what to say of a source that gives no more.
        check: what to look at then.

    Raises:
        SourceError: there is no next frame.
    """
    index, start_s = 0, None
    while True:
        ok, image = capture.read()
        if not ok or image is None:
            raise SourceError(f"{name} {ended} after {index} frames; check {check}, then start again")
        now_s = captured_s()
        start_s = now_s if start_s is None else start_s
        yield Frame(image, index, now_s - start_s, name, now_s)
        index += 1


class CameraSource(Source):
    """A camera, read in a capture thread; newest frame wins."""

    def __init__(
        self,
        device: int | str,
        *,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        mirror: bool = False,
        opener: Callable[[int | str], Capture] | None = None,
    ) -> None:
        """Open the camera and take one picture, so that a busy one is found out now.

        Args:
            device: number, or path of a device file.
            width, height, fps: asked of the camera, which may choose its nearest mode.
            mirror: flip the picture as a mirror does.
            opener: replaces `cv2.VideoCapture`, for tests.

        Raises:
            SourceError: no such camera, no permission, busy, or no capture device.
        """
        hush_native_logs()
        name = f"camera:{device}" if isinstance(device, int) else device
        node = _device_node(device)
        if opener is None and node is not None:
            _check_node(name, node)
        self._capture = (opener or _open)(device)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceError(_unopened(name, node))
        _configure(self._capture, width, height, fps)
        ok, _ = self._capture.read()
        if not ok:
            self._capture.release()
            raise SourceError(
                f"{name} opens but gives no picture; it is busy in another program, or is no video input:"
                " close that program or try another camera"
            )
        super().__init__(name, live=True, fps=sane_fps(self._capture.get(cv2.CAP_PROP_FPS)), mirror=mirror)

    def _frames(self) -> Generator[Frame]:
        return live_frames(self._capture, self.name, self._captured_s, ended="was lost", check="its cable")

    def _captured_s(self) -> float:
        """When the picture was taken, by `time.monotonic`.

        V4L2 stamps each buffer with that very clock, so the age of a frame is honest even where the driver queues.
        """
        now_s = time.monotonic()
        stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        return stamp_s if now_s - 2.0 < stamp_s <= now_s else now_s

    def _release(self) -> None:
        self._capture.release()


def sane_fps(value: float) -> float | None:
    """A frame rate as reported by a capture, or None where the report is no rate."""
    return float(value) if math.isfinite(value) and 0 < value <= 1000 else None


def _open(device: int | str) -> Capture:
    backends = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION}
    backend = backends.get(sys.platform, cv2.CAP_ANY)
    return cast(Capture, cv2.VideoCapture(device, backend))


def _configure(capture: Capture, width: int | None, height: int | None, fps: int | None) -> None:
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if width or height or fps:
        # Uncompressed video fills a USB 2 bus at 640x480: larger or faster modes exist as motion JPEG only.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    for key, value in ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height), (cv2.CAP_PROP_FPS, fps)):
        if value:
            capture.set(key, value)


def _device_node(device: int | str) -> Path | None:
    """The device file behind a camera; None where the system has none."""
    if isinstance(device, str):
        return Path(device)
    return Path(f"/dev/video{device}") if sys.platform == "linux" else None


def _check_node(name: str, node: Path) -> None:
    if not node.exists():
        where = "it" if str(node) == name else node
        raise SourceError(f"no such camera: {name} ({where} does not exist); {_cameras_here()}")
    if not os.access(node, os.R_OK | os.W_OK):
        raise SourceError(
            f"{name}: no permission to use {node}; add yourself to its group"
            " (sudo usermod -aG video $USER) and log in again"
        )


def _unopened(name: str, node: Path | None) -> str:
    if node is None:
        return f"no such camera: {name}, or the system denies access; check its number and the privacy settings"
    where = name if str(node) == name else f"{name} ({node})"
    return (
        f"{where} cannot be opened; it is busy in another program, or is no video input:"
        " close that program or try another camera"
    )


def _cameras_here() -> str:
    nodes = sorted(Path("/dev").glob("video[0-9]*"))
    listed = "cameras here: " + ", ".join(map(str, nodes)) if nodes else "there is no camera on this machine"
    return f"{listed}; plug one in, or use a video file or 'demo' as the source"
