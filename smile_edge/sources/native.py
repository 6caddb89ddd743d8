"""Keeps OpenCV's and FFmpeg's own messages off the terminal: what they complain about is raised as one clear error."""

import functools
import os

import cv2

__all__ = ["hush_native_logs"]


@functools.cache
def hush_native_logs() -> None:
    """Silence the native libraries once a process, unless the user set a log level in the environment.

    Call it before the first video is opened: FFmpeg takes its level then, once. `OPENCV_LOG_LEVEL` and
    `OPENCV_FFMPEG_LOGLEVEL` bring the messages back. libpng has no such switch.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
