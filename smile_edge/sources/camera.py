"""Cameras: by number on any system, by device file on Linux."""

import logging
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

from smile_edge.errors import SourceError, UsageError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.sources.recovery.live_frames import STALL_S, LiveFrames, check_reconnect_s
from smile_edge.types import Image
from smile_edge.validation import check_counts, shown

log = logging.getLogger(__name__)

__all__ = ["CameraSource", "Capture", "sane_fps"]

_TRIES = 3
"""Reads before a camera counts as lost: one picture that was damaged on its way fails alone."""

_GLITCH_S = 1.0
"""A read that failed after longer was no damaged picture, but waited in vain: V4L2 does for ten seconds."""


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, npt.NDArray[np.uint8] | None]: ...
    def get(self, propId: int, /) -> float: ...
    def set(self, propId: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


class CameraSource(Source):
    """A camera, read in a capture thread; newest frame wins."""

    def __init__(
        self,
        device: int | str,
        *,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        format: str | None = None,
        mirror: bool = False,
        reconnect_s: float = 0.0,
        opener: Callable[[int | str], Capture] | None = None,
    ) -> None:
        """Open the camera and take one picture, so that a busy one is found out now.

        Args:
            device: number, or path of a device file.
            width, height, fps, format: asked of the camera, which may choose its nearest mode; what it chose is logged
                where it is another one. The format is a code of four letters, such as MJPG or YUYV.
            mirror: flip the picture as a mirror does.
            reconnect_s: seconds within which a camera that is lost must be back; 0 gives it up at once.
            opener: replaces `cv2.VideoCapture`, for tests.

        Raises:
            UsageError: `device` is neither number nor path.
            SourceError: no such camera, no permission, busy, or no capture device.
            UsageError: `reconnect_s` is no such time.
        """
        if isinstance(device, bool) or not isinstance(device, (int, str)):
            raise UsageError(f"device must be a camera's number or path. Received: device={shown(device)}")
        if isinstance(device, int):
            check_counts(0, device=device)
        hush_native_logs()
        check_reconnect_s(reconnect_s)
        self._device, self._mode, self._opener = device, (width, height, fps, format), opener
        self._shown_name = f"camera:{device}" if isinstance(device, int) else device
        connection = self._connect(0.0)
        super().__init__(self._shown_name, live=True, fps=connection.fps, mirror=mirror)
        self._recovering = LiveFrames(
            self.name,
            connection,
            self._connect,
            limit_s=reconnect_s,
            stall_s=STALL_S,
            lost="was lost",
            check="its cable",
        )
        self._silence_s = self._recovering.silence_s

    def notes(self) -> tuple[str, ...]:
        """`reconnected 3 times, 41 s lost`, where it was."""
        return self._recovering.notes()

    def close(self) -> None:
        """Stop trying to reconnect, then as every source."""
        self._recovering.stop()
        super().close()

    def _frames(self) -> Generator[Frame]:
        return self._recovering.frames()

    def _connect(self, timeout_s: float) -> "_CameraConnection":
        """The camera, opened; OpenCV has time limits of its own.

        Raises:
            SourceError: see the constructor.
        """
        name, node = self._shown_name, _device_node(self._device)
        if self._opener is None and node is not None:
            _check_node(name, node)
        capture = (self._opener or _open)(self._device)
        if not capture.isOpened():
            capture.release()
            raise SourceError(_unopened(name, node))
        _configure(capture, *self._mode)
        ok, _ = capture.read()
        if not ok:
            capture.release()
            raise SourceError(
                f"{name} opens but gives no picture; it is busy in another program, or is no video input:"
                " close that program or try another camera"
            )
        _tell_other_mode(name, capture, *self._mode)
        return _CameraConnection(capture)

    def _release(self) -> None:
        self._recovering.close()


class _CameraConnection:
    """A camera that is open, as `LiveFrames` asks for it."""

    def __init__(self, capture: Capture) -> None:
        self._capture, self.damaged, self.failure = capture, 0, "it gives no more pictures"
        self.fps = sane_fps(capture.get(cv2.CAP_PROP_FPS))

    def pictures(self) -> Generator[tuple[Image, float]]:
        while (image := self._picture()) is not None:
            yield image, self._captured_s()

    def close(self) -> None:
        self._capture.release()

    def _picture(self) -> Image | None:
        """The next picture; one that cannot be had is passed over, but neither several nor a long wait."""
        start_s = time.monotonic()
        for _ in range(_TRIES):
            ok, image = self._capture.read()
            if ok and image is not None:
                return image
            if time.monotonic() - start_s > _GLITCH_S:
                break
        return None

    def _captured_s(self) -> float:
        """When the picture was taken, by `time.monotonic`.

        V4L2 stamps each buffer with that very clock, so the age of a frame is honest even where the driver queues.
        """
        now_s = time.monotonic()
        stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        return stamp_s if now_s - 2.0 < stamp_s <= now_s else now_s


def sane_fps(value: float) -> float | None:
    """A frame rate as reported by a capture, or None where the report is no rate."""
    return float(value) if math.isfinite(value) and 0 < value <= 1000 else None


def _open(device: int | str) -> Capture:
    backends = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION}
    backend = backends.get(sys.platform, cv2.CAP_ANY)
    if isinstance(device, str):
        device = os.path.realpath(device)  # a lasting link such as /dev/v4l/by-id/...: the file behind it
    return cast(Capture, cv2.VideoCapture(device, backend))


def _configure(capture: Capture, width: int | None, height: int | None, fps: int | None, format: str | None) -> None:
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if width or height or fps or format:
        # Uncompressed video fills a USB 2 bus at 640x480: larger or faster modes exist as motion JPEG only.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*(format or "MJPG")))
    for key, value in ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height), (cv2.CAP_PROP_FPS, fps)):
        if value:
            capture.set(key, value)


def _tell_other_mode(
    name: str, capture: Capture, width: int | None, height: int | None, fps: int | None, format: str | None
) -> None:
    """Logs what a camera gives in place of what was asked of it, as far as it says."""
    keys = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS, cv2.CAP_PROP_FOURCC)
    given = [capture.get(key) for key in keys]
    asked = (width, height, fps, None if format is None else cv2.VideoWriter.fourcc(*format))
    if any(one and got > 0 and round(got) != one for one, got in zip(asked, given, strict=True)):
        code = max(int(given[3]), 0).to_bytes(8, "little")[:4].decode("ascii", "replace").strip("\0 ")
        log.warning("%s has no such mode; it gives %.0fx%.0f at %.0f frames/s %s", name, *given[:3], code)


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
