"""Keeps OpenCV's and FFmpeg's own messages off the terminal: what they complain about is raised as one clear error."""

import functools
import os
from pathlib import Path

import cv2

__all__ = ["hush_native_logs", "native_path"]


@functools.cache
def hush_native_logs() -> None:
    """Silence the native libraries once a process, unless the user set a log level in the environment.

    Call it before the first video is opened: FFmpeg takes its level then, once. `OPENCV_LOG_LEVEL` and
    `OPENCV_FFMPEG_LOGLEVEL` bring the messages back. libpng has no such switch.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def native_path(path: Path) -> str:
    """A path as FFmpeg must be given it: whole, since it reads `12:30.mp4` as an address.

    Raises:
        UnicodeError: the name is not UTF-8; OpenCV would end the process.
    """
    whole = str(path.absolute())
    whole.encode()
    return whole
