"""One video, opened and decoded with PyAV, which only this module, `av_frames` and `recovery.reasons` load."""

import itertools
import math
import re
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, cast

import av
from av.codec.context import Flags
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from smile_edge.errors import SourceError
from smile_edge.imaging.file_structure import check_pixels
from smile_edge.imaging.limits import max_pixels
from smile_edge.sources.av_frames import Deinterlacer, FrameConverter
from smile_edge.sources.recovery.reasons import open_reason, plain_reason, read_reason, seconds_text
from smile_edge.types import Image

__all__ = ["AvReader", "Readable"]

_DEFAULT_FPS = 30.0
_MOST_FAILURES = 1000
"""Reads that fail one after another before a container counts as ended; each passes over some bytes."""

_THREADED_PX = 1280 * 720
"""Frames of at least so many pixels are decoded by several threads, each a frame, as OpenCV does at any size. Smaller
ones are decoded faster than anything can use them, and one thread says of every packet whether it could be decoded."""

_DURATION_KNOWN = ("matroska", "mov", "avi", "flv", "asf")
"""Containers whose headers name the duration; of others it is estimated from what is there."""

_LISTS = ("hls", "dash", "sdp")
"""What is read first is a list of what to read, so that its size is not the video's."""

_TEXT_FORMATS = ("tty",)
_TRANSPARENT_CODECS = ("gif", "apng")


class Readable(Protocol):
    """A file object that is read in order."""

    def read(self, size: int, /) -> bytes: ...


class AvReader:
    """A container's video, frame by frame, from its first frame on.

    Packets that cannot be decoded are counted and passed over. A reader that has ended, for whatever reason, is closed
    and a new one opened to go on.

        with closing(AvReader("clip.mkv", "clip.mkv")) as reader:
            for image, time_s in reader.frames():
                print(time_s, image.shape)

    Attributes:
        fps: nominal frames per second, where known.
        length: number of frames as the container names or implies it.
        sized: what is read has an end: a file, here or behind HTTP.
        listed: what was read first is a list of what to read.
        damaged: packets that could not be decoded so far.
        count: frames given so far.
        failure: why reading ended before the container did.
    """

    def __init__(
        self,
        source: str | Readable,
        name: str,
        *,
        demuxer: str | None = None,
        options: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        opening_s: float | None = None,
        live: bool = False,
        refusal: str = "not a video that can be decoded",
        cure: str = "expected mp4, mkv, avi, webm, mov, gif or alike",
    ) -> None:
        """Open the container and decode its first frame.

        Args:
            source: path, address, or what is read in order.
            name: for errors; an address may hold a password.
            demuxer: FFmpeg's name of the format, where it must not be guessed.
            options: of the demuxer and the protocol.
            timeout_s: of an address: most seconds that connecting, or waiting for a packet, or for a picture where it
                is live, may take; twice as many for the first picture.
            opening_s: the same of connecting alone.
            live: where the source has no end, no frame waits for others, and only the video is asked for.
            refusal, cure: of the error, where the source is no video.

        Raises:
            SourceError: it cannot be opened, has no video, too large a one, or none that can be decoded.
        """
        self.name, self._timeout_s, self._refusal, self._cure = name, timeout_s, refusal, cure
        self._opening_s = timeout_s if opening_s is None else opening_s
        self.damaged = self.count = 0
        self.failure: str | None = None
        self._url = source if isinstance(source, str) else ""
        self._reached_s, self._heard_s, self._opened = -math.inf, time.monotonic(), False
        given = {"max_pixels": str(max_pixels()), **(options or {})}
        try:
            self._container = _open(source, demuxer, given, (self._opening_s, timeout_s))
        except (FFmpegError, OSError, ValueError, MemoryError, RuntimeError) as error:
            raise SourceError(self._refused(self._reason(error))) from None
        try:
            self._stream = self._video_stream()
            self.fps = _nominal_fps(self._stream)
            self.length = _length(self._container, self._stream, self.fps)
            self.listed = self._container.format.name.startswith(_LISTS)
            self.sized = self.length is not None or (not self.listed and self._container.size > 0)
            self._live = live and not self.sized
            self._end_s = _promised_end_s(self._container)
            self._units_s = {one.index: float(one.time_base) for one in self._container.streams if one.time_base}
            self._configure("low_delay" in given.get("flags", ""))
            self._decoded = self._upright_frames(transparent=self._stream.codec_context.name in _TRANSPARENT_CODECS)
            self._first = next(self._decoded, None)
            if self._first is None:
                empty = "nothing in it can be decoded" if self.damaged else "it holds no frame"
                raise SourceError(self._refused(self.failure or empty))
            self._opened = True
        except (FFmpegError, OSError, ValueError, MemoryError, RuntimeError) as error:
            self._container.close()
            if isinstance(error, SourceError):
                raise
            raise SourceError(self._refused(self._reason(error))) from None

    def frames(self) -> Generator[tuple[Image, float]]:
        """Each frame and its presentation time, seconds from the first one, always rising; to be called once."""
        first, self._first = self._first, None
        decoded = itertools.chain([] if first is None else [first], self._decoded)
        start_s, time_s = None, -math.inf
        step_s = 1 / (self.fps or _DEFAULT_FPS)
        with closing(self._decoded):
            for image, stamp_s in decoded:
                if stamp_s is not None and math.isfinite(stamp_s):
                    start_s = stamp_s if start_s is None else start_s
                    stamp_s -= start_s
                # Containers without usable stamps repeat them or jump back; then the nominal rate is all there is.
                rising = stamp_s is not None and stamp_s > time_s
                time_s = stamp_s if rising and stamp_s is not None else max(time_s + step_s, 0.0)
                self.count += 1
                yield image, time_s

    @property
    def short(self) -> bool:
        """Whether the container named a later end than the last packet's, of whatever stream."""
        if self._end_s is None or not math.isfinite(self._reached_s):
            return False
        return self._reached_s < self._end_s - 1.5 / (self.fps or _DEFAULT_FPS) - 0.05

    @property
    def complete(self) -> bool:
        """Whether the container named its end, and the last packet reached it."""
        return self._end_s is not None and math.isfinite(self._reached_s) and not self.short

    def close(self) -> None:
        """Give back everything; no thread may be reading. Safe to call twice."""
        self._decoded.close()
        self._container.close()

    def _refused(self, why: str) -> str:
        return f"{self.name}: {self._refusal} ({why}); {self._cure}"

    def _reason(self, error: BaseException) -> str:
        """What happened, without the address, which may hold a password."""
        if self._timeout_s is None or self._opening_s is None:
            return plain_reason(error)
        waited_s = time.monotonic() - self._heard_s
        if self._opened:
            return read_reason(error, waited_s)
        return open_reason(error, self._url, waited_s, self._opening_s)

    def _video_stream(self) -> VideoStream:
        """The stream that FFmpeg holds for the main one; a picture attached to sound is none."""
        streams = self._container.streams
        if self._container.format.name in _TEXT_FORMATS:
            raise SourceError(self._refused("it is text"))
        films = [one for one in streams.video if not one.disposition & Disposition.attached_pic]
        if not films:
            sound = "only sound" if streams.audio else "nothing that FFmpeg knows"
            picture = " and a picture attached to it" if streams.video else ""
            raise SourceError(f"{self.name}: no video in it, {sound}{picture}; {self._cure}")
        best = streams.best("video")
        stream = next((one for one in films if best is not None and one.index == best.index), films[0])
        if stream.codec_context is None:
            raise SourceError(
                f"{self.name}: FFmpeg has no decoder for its codec {_codec_name(self._container, stream)};"
                " convert it with the program that made it, e.g. to H.264 in an mp4"
            )
        check_pixels(self.name, stream.width, stream.height)
        return stream

    def _configure(self, low_delay: bool) -> None:
        context = self._stream.codec_context
        context.options = {"max_pixels": str(max_pixels())}
        if low_delay:
            context.flags |= Flags.low_delay
        if not self._live and self._stream.width * self._stream.height >= _THREADED_PX:
            context.thread_type = "AUTO"
        if self._live:
            for stream in self._container.streams:
                if stream.index != self._stream.index:
                    stream.discard = Discard.all

    def _upright_frames(self, *, transparent: bool) -> Generator[tuple[Image, float | None]]:
        converter = FrameConverter(transparent=transparent)
        with closing(self._whole_frames()) as frames:
            for frame in frames:
                try:
                    image = converter.image(frame)
                except (FFmpegError, ValueError, MemoryError):
                    self.damaged += 1
                    continue
                yield image, frame.time
                self._heard_s = time.monotonic()

    def _whole_frames(self) -> Generator[VideoFrame]:
        deinterlacer = Deinterlacer()
        for packet in self._packets():
            for frame in self._decode(packet):
                try:
                    yield from deinterlacer.frames(frame)
                except (FFmpegError, ValueError, MemoryError):
                    self.damaged += 1
                    deinterlacer = Deinterlacer()
        yield from deinterlacer.flush()

    def _decode(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            frames = self._stream.decode(packet)
        except EOFError:
            return []  # it was flushed before
        except (FFmpegError, ValueError, MemoryError):
            self.damaged += 1
            return []
        for frame in frames:
            frame.time_base = frame.time_base or self._stream.time_base  # flushed ones have none
        return frames

    def _packets(self) -> "Generator[Packet[VideoStream] | None]":
        """The video's packets, then None; what cannot be read is passed over where the demuxer finds its way on."""
        failures = 0
        while failures < _MOST_FAILURES:
            try:
                for packet in self._container.demux():
                    failures = 0
                    self._note_end(packet)
                    if packet.stream_index == self._stream.index and packet.size:
                        yield packet  # type: ignore[misc]
                    if self._live and self._passed_over(packet):
                        break
                break
            except IndexError:
                break  # PyAV's way to end where a stream came up that the header had not named
            except InvalidDataError as error:
                self.damaged += not failures
                failures += 1
                self.failure = self._reason(error) if failures == _MOST_FAILURES else None
            except (FFmpegError, OSError, ValueError, MemoryError, RuntimeError) as error:
                self.failure = self._reason(error)
                break
        yield None

    def _passed_over(self, packet: "Packet[Stream]") -> bool:
        """Counts an empty part of a live stream; whether it is too long ago that there was a picture."""
        if not packet.size and packet.pts is not None:  # what PyAV gives at the end has none
            self.damaged += 1
        waited_s = time.monotonic() - self._heard_s
        # At first a key frame has to be waited for, which some cameras send only every ten seconds.
        patience = 1 if self._opened else 2
        if self._timeout_s is None or waited_s < patience * self._timeout_s:
            return False
        self.failure = f"no picture for {seconds_text(waited_s)}"
        return True

    def _note_end(self, packet: "Packet[Stream]") -> None:
        stamp, unit_s = packet.dts if packet.pts is None else packet.pts, self._units_s.get(packet.stream_index)
        if stamp is not None and unit_s is not None:
            self._reached_s = max(self._reached_s, (stamp + (packet.duration or 0)) * unit_s)


def _open(
    source: str | Readable,
    demuxer: str | None,
    options: Mapping[str, str],
    timeouts_s: tuple[float | None, float | None],
) -> InputContainer:
    file = str(Path(source).absolute()) if isinstance(source, str) and "://" not in source else source
    return av.open(file, "r", format=demuxer, options=dict(options), metadata_errors="replace", timeout=timeouts_s)


def _codec_name(container: InputContainer, stream: VideoStream) -> str:
    """The four characters by which the container names a codec, or FFmpeg's name; words where there are none.

    PyAV gives neither of a stream that cannot be decoded, so that they are taken from FFmpeg's own description.
    """
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        text = str(cast(Any, container).dumps_format())  # missing in PyAV's types
    finally:
        av.logging.set_level(level)
    found = re.search(rf"Stream #0:{stream.index}\b.*?Video: (\S+?)(?: \((\S+) / 0x|[ ,])", text)
    name, tag = found.groups() if found else (None, None)
    return next((repr(one) for one in (tag, name) if one and one != "none"), "(which has no name that FFmpeg knows)")


def _nominal_fps(stream: VideoStream) -> float | None:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= 1000:
            return float(rate)
    return None


def _length(container: InputContainer, stream: VideoStream, fps: float | None) -> int | None:
    """Number of frames: as the header counts them, or as the stream's duration implies."""
    if stream.frames > 0:
        return stream.frames
    duration_s = _duration_s(container, stream)
    count = 0 if duration_s is None or fps is None else round(duration_s * fps)
    return count if 0 < count < 1e9 else None


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "")  # Matroska's, of this track: 00:01:02.345000000
    try:
        hours, minutes, seconds = map(float, tag.strip().split(":"))
        start_s = float(max(stream.start_time or 0, 0) * (stream.time_base or 0))
        return 3600 * hours + 60 * minutes + seconds - start_s
    except ValueError:
        return container.duration / av.time_base if container.duration else None


def _promised_end_s(container: InputContainer) -> float | None:
    if not container.format.name.startswith(_DURATION_KNOWN) or not container.duration:
        return None
    # Matroska's duration is the last time stamp's, whatever the first one is.
    start = 0 if container.format.name.startswith("matroska") else container.start_time or 0
    return (start + container.duration) / av.time_base
