"""One video file: pictures at their times and copied sound, readable up to where the writing stopped."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from smile_edge.errors import SinkError
from smile_edge.sinks.encoding.formats import HYBRID_SINCE, KEY_FRAME_S, Container, Encoder
from smile_edge.sinks.encoding.frames import frame_converter
from smile_edge.sinks.encoding.output_file import OutputFile
from smile_edge.sinks.encoding.sound import Sound
from smile_edge.types import Image

if TYPE_CHECKING:
    from av import Packet, VideoStream
    from av.container import OutputContainer

__all__ = ["VideoFile"]

log = logging.getLogger(__name__)

_THREADS = 2
"""Threads of the encoder. Each takes a slice of the picture in libx264, which costs size: the second one 0 to 4 %."""

_MOST_BETWEEN_KEYS = 300
"""Frames after which an encoder makes a key frame by itself; they are asked for by time, long before."""

_MOST_REFUSED = 16
"""Packets that the muxer may refuse where there is sound: about what it holds of it at a time."""

_SLACK_S = 0.002
"""A key frame is due this much before its time, since the times of frames are rounded."""

_BT601, _LIMITED, _FULL = 6, 1, 2
"""FFmpeg's AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG: what the pictures are converted to. Unless the
file says so, players take large videos for BT.709."""

_KEY_PICTURE = 1
"""FFmpeg's AV_PICTURE_TYPE_I."""


class VideoFile:
    """A video that is written picture by picture.

    What goes wrong with the file or the encoder is a `SinkError`; where the reader of a named pipe has left, it is a
    `BrokenPipeError`. The file is closed then, and what lies on the disk stays readable.
    """

    def __init__(
        self,
        path: Path,
        container: Container,
        encoder: Encoder,
        size: tuple[int, int],
        fps: float,
        sound: Sound | None = None,
        file: OutputFile | None = None,
    ) -> None:
        """Open the encoder, then replace the file.

        Args:
            path: an existing file is replaced once the encoder runs.
            container: its kind.
            encoder: one of the container's that this FFmpeg has.
            size: width and height, px.
            fps: nominal frames per second.
            sound: what is copied; it is this one's to close.
            file: what is written to, where it is open already; this one's to close as well.

        Raises:
            SinkError: there is no encoder for this size, or the file cannot be written.
        """
        self.path, self.size = path, size
        self._container, self._encoder, self._sound = container, encoder, sound
        self._rate = Fraction(fps).limit_denominator(1001) or Fraction(1, 1001)
        self._base = 1 / self._rate if encoder.ticks_per_s is None else Fraction(1, encoder.ticks_per_s)
        self._step = max(round(1 / (self._rate * self._base)), 1)
        self._tick, self._key_s, self._end_s, self._refused = -1, 0.0, 0.0, 0
        self._file = file or OutputFile(path)
        self._output: OutputContainer | None = None
        self._stream = self._opened()
        self._convert = frame_converter(encoder.pixel_format, size, self._base)

    def write(self, image: Image, time_s: float) -> None:
        """Append a picture.

        Args:
            image: `(height, width, 3)` BGR of this file's size.
            time_s: when it is shown, seconds from the first one; it grows from call to call.

        Raises:
            SinkError: the disk is full, or the encoder fails.
        """
        with self._watched() as output:
            frame = self._convert(image)
            self._tick = max(round(time_s / self._base), self._tick + 1)
            frame.pts, frame.time_base, frame.duration = self._tick, self._base, self._step
            shown_s = float(self._tick * self._base)
            if shown_s >= self._key_s - _SLACK_S:
                frame.pict_type, self._key_s = _KEY_PICTURE, shown_s + KEY_FRAME_S
            self._end_s = float((self._tick + self._step) * self._base)
            self._copy_sound(output)
            self._mux(output, self._stream.encode(frame))

    def close(self) -> None:
        """Complete the file; nothing where it is closed, or has failed, already.

        Raises:
            SinkError: its end cannot be written.
        """
        if self._output is None:
            return
        with self._watched() as output:
            self._mux(output, self._stream.encode(None))
            self._copy_sound(output)
            output.close()
            self._file.close()
        self._release()

    def _opened(self) -> "VideoStream":
        """The stream of pictures, after the header was written: with the sound where that can be, by the first of the
        muxer's options that this FFmpeg knows."""
        reason: Exception | None = None
        for sound in dict.fromkeys((self._sound, None)):
            for options in _known(self._container.options):
                try:
                    return self._started(dict(options), sound)
                except Exception as error:
                    reason = error
                if self._file.error is not None:
                    break
            if sound is not None and self._file.error is None:
                log.warning("%s has no sound: it cannot be copied (%s)", self.path, reason)
                sound.stop()
        self._release()
        width, height = self.size
        what = f"no {self._encoder.codec} of {width}x{height} at {float(self._rate):g} frames/s ({reason})"
        raise self._failure(f"{what}; name a file of another kind") from None

    def _started(self, options: dict[str, str], sound: Sound | None) -> "VideoStream":
        from av import open as open_container

        if sound is not None:
            for there, instead in self._container.sound_options.items():
                options = {key: value.replace(there, instead) for key, value in options.items()}
        output = open_container(self._file, "w", format=self._container.format, container_options=options)
        try:
            stream = self._add_stream(output)
            if sound is not None:
                sound.add_to(output)
            output.start_encoding()
        except BaseException:
            with suppress(Exception):
                output.close()
            raise
        self._output = output
        return stream

    def _add_stream(self, output: "OutputContainer") -> "VideoStream":
        encoder, (width, height) = self._encoder, self.size
        options: dict[str, Any] = {"width": width, "height": height, "time_base": self._base}
        stream = cast("VideoStream", output.add_stream(encoder.name, self._rate, dict(encoder.options), **options))
        context = stream.codec_context
        context.pix_fmt, context.thread_count, context.gop_size = encoder.pixel_format, _THREADS, _MOST_BETWEEN_KEYS
        if encoder.pixel_format.startswith("yuv"):
            context.colorspace = _BT601
            context.color_range = _FULL if encoder.pixel_format.startswith("yuvj") else _LIMITED
        return stream

    def _copy_sound(self, output: "OutputContainer") -> None:
        """The sound up to the end of the last picture."""
        if self._sound is not None:
            for packet in self._sound.until(self._end_s):
                self._mux(output, [packet])

    def _mux(self, output: "OutputContainer", packets: "Iterable[Packet[Any]]") -> None:
        """Hands packets to the muxer, which may write others first: where it refuses a damaged one of the sound, that
        ends there and the pictures go on."""
        from av import FFmpegError

        for packet in packets:
            try:
                output.mux(packet)
            except FFmpegError as error:
                if self._sound is None or self._file.error is not None or self._refused == _MOST_REFUSED:
                    raise
                if not self._refused:
                    log.warning("the sound of %s ends at %.1f s: it is damaged (%s)", self.path, self._end_s, error)
                self._refused += 1
                self._sound.stop()

    @contextmanager
    def _watched(self) -> "Iterator[OutputContainer]":
        """Ends the file when something goes wrong, and says what."""
        from av import FFmpegError

        if self._output is None:
            raise SinkError(f"cannot write {self.path}: it is closed")
        try:
            yield self._output
        except (FFmpegError, OSError, ValueError, MemoryError) as error:
            self._release()
            raise self._failure(f"{error}; name a file of another kind") from None
        except BaseException:
            self._release()
            raise

    def _failure(self, otherwise: str) -> SinkError | BrokenPipeError:
        """The error of the file where there is one; it comes before what the encoder makes of it."""
        error = self._file.error
        if isinstance(error, BrokenPipeError):
            return error
        if error is None:
            return SinkError(f"cannot write {self.path}: {otherwise}")
        return SinkError(f"cannot write {self.path}: {error.strerror}; free some space or name another file")

    def _release(self) -> None:
        output, self._output = self._output, None
        with suppress(Exception):
            if output is not None:
                output.close()
        with suppress(OSError):
            self._file.close()
        if self._sound is not None:
            self._sound.close()


def _known(sets: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Those of the muxer's options that this FFmpeg does not do harm with."""
    from av import library_versions

    hybrid = library_versions["libavformat"] >= HYBRID_SINCE
    return [options for options in sets if hybrid or "hybrid" not in options.get("movflags", "")]
