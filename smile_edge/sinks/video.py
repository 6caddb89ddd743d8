"""Annotated video."""

import logging
import math
from collections.abc import Collection
from pathlib import Path

from smile_edge.errors import SinkError, UsageError
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces
from smile_edge.imaging.fit import fitted
from smile_edge.imaging.native import native_path
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink, reserved
from smile_edge.sinks.encoding.formats import CONTAINERS, Encoder
from smile_edge.sinks.encoding.frames import FrameClock
from smile_edge.sinks.encoding.output_file import OutputFile
from smile_edge.sinks.encoding.sound import open_sound
from smile_edge.sinks.encoding.video_file import VideoFile
from smile_edge.validation import check_paths, is_real, shown

__all__ = ["VideoSink"]

log = logging.getLogger(__name__)


class VideoSink(Sink):
    """Every frame with its overlay, at its own time: where frames are missing, the one before stays.

    The ending chooses the kind: mp4, m4v, mov, mkv (H.264), webm (VP9), avi (motion JPEG, on a grid of `fps`) or gif.
    A process that is killed leaves a file that can be read up to the last second.

    The first frame sets the size; later ones of another size are fitted in with black bars.

    Example:
        >>> with VideoSink("annotated.mp4", sound_from="clip.mp4") as sink:
        ...     for frame in source:
        ...         sink.write(frame, pipeline.process(frame))
    """

    def __init__(
        self,
        path: str | Path,
        fps: float = 30.0,
        *,
        draw: Collection[str] = DEFAULT_DRAWN,
        sound_from: str | Path | None = None,
    ) -> None:
        """Check that the file can be written; the encoder opens with the first frame, which sets the size.

        Args:
            path: the video.
            fps: nominal frames per second: how long the last frame is shown, and frames without times of their own.
            draw: what is drawn of a face, some of `imaging.draw.DRAWN`.
            sound_from: the file that the frames come from. Its sound is copied where that can be; else a line says why.

        Raises:
            SinkError: another ending, no encoder for it, or the file cannot be written, also as another run does.
            UsageError: `fps` is not a positive number.
        """
        if not (is_real(fps) and 0 < fps < math.inf):
            raise UsageError(f"fps must be a positive number. Received: {shown(fps)}")
        check_paths(path=path)
        self.path, self.name, self.fps, self.draw = Path(path), str(path), fps, draw
        if self.path.suffix.lower() not in CONTAINERS:
            raise SinkError(f"cannot write {path}: unknown video ending; expected one of {', '.join(CONTAINERS)}")
        self._container = CONTAINERS[self.path.suffix.lower()]
        try:
            native_path(self.path)
            self._encoder = _encoder_for(self.path)
            self._claim = reserved(self.path)
            self._pipe = OutputFile(self.path) if self._claim is None else None
        except UnicodeError:
            raise SinkError(f"cannot write {str(path)!r}: the name is not UTF-8; name another file") from None
        except OSError as error:
            raise SinkError(
                f"cannot write {path}: {error.strerror}; name a file in a folder that exists and is yours"
            ) from None
        self._sound_from = None if sound_from is None else Path(sound_from)
        self._clock = FrameClock(fps)
        self._file: VideoFile | None = None
        self._started = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append this frame; one with an error (no picture) is left out.

        Raises:
            SinkError: the encoder does not start or fails, or the disk is full.
            BrokenPipeError: it is a named pipe, and its reader is gone; `closed` says so, too.
        """
        if result.error is not None or not frame.image.size:
            return
        if self._file is None:
            self._file = self._open_file(frame)
        image = fitted(draw_faces(frame.image, result.faces, self.draw), self._file.size)
        try:
            self._file.write(image, self._clock.place(frame.time_s))
        except BrokenPipeError:
            self.closed = True
            raise

    def close(self) -> None:
        """Complete the file.

        Raises:
            SinkError: its end cannot be written.
            BrokenPipeError: it is a named pipe, and its reader is gone.
        """
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
            elif not self._started and self._claim is not None:
                self._claim.give_back()
            elif not self._started and self._pipe is not None:
                self._pipe.close()
        finally:
            if self._claim is not None:
                self._claim.release()

    def _open_file(self, frame: Frame) -> VideoFile:
        height, width = frame.image.shape[:2]
        if self._encoder.even:
            # Whole pairs of pixels; an odd line more is black rather than lost.
            width, height = width + width % 2, height + height % 2
        sound = None
        if self._sound_from is not None:
            sound = open_sound(self._sound_from, frame.time_s, self._container.sound, self.path)
        file = VideoFile(self.path, self._container, self._encoder, (width, height), self.fps, sound, self._pipe)
        self._started = True
        return file


def _encoder_for(path: Path) -> Encoder:
    """The first encoder of its kind that this build of FFmpeg has; the wheels of PyAV have all of them.

    Raises:
        SinkError: it has none.
    """
    from av import codecs_available

    wanted, *others = CONTAINERS[path.suffix.lower()].encoders
    for encoder in (wanted, *others):
        if encoder.name in codecs_available:
            if encoder is not wanted:
                log.warning("%s is %s: this FFmpeg has no encoder for %s", path, encoder.codec, wanted.codec)
            return encoder
    raise SinkError(f"cannot write {path}: this FFmpeg has no encoder for {wanted.codec}; name a file of another kind")
