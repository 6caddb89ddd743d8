"""Annotated video."""

import math
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import SinkError, UsageError
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces
from smile_edge.imaging.native import hush_native_logs, native_path
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import ReservedPath, Sink
from smile_edge.types import Image

__all__ = ["VideoSink"]


_CODECS = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}
_MAX_REPEATS = 300


class VideoSink(Sink):
    """Every frame with its overlay; the ending chooses the container: mp4, m4v, mov, mkv (MPEG-4) or avi (motion JPEG).

    The first frame sets the size; later ones of another size are fitted in with black bars. Frames of a live source are
    repeated where frames were skipped, so that the video runs at the speed of life.
    """

    def __init__(self, path: str | Path, fps: float = 30.0, *, draw: Collection[str] = DEFAULT_DRAWN) -> None:
        """Check that the file can be written; the encoder opens with the first frame, which sets the size.

        Raises:
            SinkError: another ending, or the file cannot be written.
            UsageError: `fps` is not a positive number.
        """
        if not (math.isfinite(fps) and fps > 0):
            raise UsageError(f"fps must be a positive number. Received: {fps}")
        self.path, self.name, self.fps, self.draw = Path(path), str(path), fps, draw
        if self.path.suffix.lower() not in _CODECS:
            raise SinkError(f"cannot write {path}: unknown video ending; expected one of {', '.join(_CODECS)}")
        try:
            native_path(self.path)
            self._claim = ReservedPath(self.path)
        except UnicodeError:
            raise SinkError(f"cannot write {str(path)!r}: the name is not UTF-8; name another file") from None
        except OSError as error:
            raise SinkError(
                f"cannot write {path}: {error.strerror}; name a file in a folder that exists and is yours"
            ) from None
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append this frame; one with an error (no picture) is left out.

        Raises:
            SinkError: the encoder does not start.
        """
        if result.error is not None or not frame.image.size:
            return
        if self._writer is None:
            self._writer = self._open_writer(frame.image)
        image = _fitted(draw_faces(frame.image, result.faces, self.draw), self._size)
        for _ in range(self._copies(frame)):
            self._writer.write(image)
            self._written += 1

    def close(self) -> None:
        """End the file.

        Raises:
            SinkError: what was written is no video; the encoder does not say when the disk is full.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.release()
            if not _readable(self.path):
                raise SinkError(
                    f"cannot write {self.path}: the video is cut short; free some space or name another file"
                )
        elif not self._written:
            self._claim.give_back()

    def _open_writer(self, image: Image) -> cv2.VideoWriter:
        hush_native_logs()
        height, width = image.shape[:2]
        # The codecs store whole pairs of pixels; an odd line more is black rather than lost.
        self._size = (width + width % 2, height + height % 2)
        codec = cv2.VideoWriter.fourcc(*_CODECS[self.path.suffix.lower()])
        writer = cv2.VideoWriter(native_path(self.path), cv2.CAP_FFMPEG, codec, self.fps, self._size)
        if not writer.isOpened():
            raise SinkError(
                f"cannot write {self.path}: no encoder for {width}x{height} at {self.fps:g} frames/s; try .avi"
            )
        return writer

    def _copies(self, frame: Frame) -> int:
        """How often to write a frame so that its place in the video is its time: once, unless frames were skipped."""
        if frame.captured_s is None:
            return 1
        behind = round(frame.time_s * self.fps) + 1 - self._written
        return min(max(behind, 1), _MAX_REPEATS)


def _readable(path: Path) -> bool:
    capture = cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG)
    opened = capture.isOpened()
    capture.release()
    return opened


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    """The image within `size` (width, height) px, its shape kept, centred on black."""
    width, height = size
    if image.shape[:2] == (height, width):
        return image
    canvas = np.zeros((height, width, 3), np.uint8)
    if not (0 <= height - image.shape[0] <= 1 and 0 <= width - image.shape[1] <= 1):
        scale = min(width / image.shape[1], height / image.shape[0])
        inner = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, inner, interpolation=method), np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas
