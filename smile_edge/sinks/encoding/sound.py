"""The sound of a file, copied packet by packet beside the pictures."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smile_edge.imaging.native import native_path

if TYPE_CHECKING:
    from av import AudioStream, Packet
    from av.bitstream import BitStreamFilterContext
    from av.container import InputContainer, OutputContainer

__all__ = ["Sound", "open_sound"]

log = logging.getLogger(__name__)

_BARE_AAC = ("mp4", "mov")
"""Formats whose AAC has its head in the file, while that of an MPEG transport stream has one in each packet (ADTS)."""


class Sound:
    """Packets of a sound in order, their times counted from the first picture of the video."""

    def __init__(self, container: "InputContainer", stream: "AudioStream", first_s: float) -> None:
        """Args:
        container: open; it is this one's to close.
        stream: its sound.
        first_s: when the first picture of the video is shown, by the clock of the container.
        """
        self._container, self._stream, self._first_s = container, stream, first_s
        self._packets: Iterator[Packet[Any]] = container.demux(stream)
        self._copy: AudioStream | None = None
        self._bared: BitStreamFilterContext | None = None
        self._last_dts = -1
        self._reached_s = 0.0
        self._ended = False

    def add_to(self, output: "OutputContainer") -> None:
        """Makes the stream that takes the packets; call it before anything is written."""
        self._copy = output.add_stream_from_template(self._stream)
        context = self._stream.codec_context
        if output.format.name in _BARE_AAC and context.codec.canonical_name == "aac" and not context.extradata:
            from av.bitstream import BitStreamFilterContext

            self._bared = BitStreamFilterContext("aac_adtstoasc", self._stream)

    def until(self, time_s: float) -> "Iterator[Packet[Any]]":
        """The next packets, those that begin before a time of the video."""
        while not self._ended and self._reached_s < time_s:
            packet = self._next()
            if packet is not None:
                yield from [packet] if self._bared is None else self._filtered(self._bared, packet)

    def stop(self) -> None:
        """No more packets."""
        self._ended = True

    def close(self) -> None:
        """Close the file that it is read from."""
        self.stop()
        self._container.close()

    def _next(self) -> "Packet[Any] | None":
        """The next packet with its new times; None for one that is left out, and at the end."""
        from av import FFmpegError

        try:
            packet = next(self._packets, None)
        except FFmpegError as error:
            log.warning("the sound of %s ends at %.1f s: %s", self._container.name, self._reached_s, error.strerror)
            packet = None
        if packet is None:
            self._ended = True
            return None
        return self._moved(packet)

    def _moved(self, packet: "Packet[Any]") -> "Packet[Any] | None":
        base = packet.time_base
        if packet.dts is None or not packet.size or packet.is_corrupt:
            return None
        offset = round(self._first_s / base)
        dts = packet.dts - offset
        self._reached_s = float((dts + (packet.duration or 0)) * base)
        if dts <= self._last_dts:  # before the first picture, or out of order in a damaged file
            return None
        packet.pts = dts if packet.pts is None else max(packet.pts - offset, dts)
        packet.dts = self._last_dts = dts
        packet.stream = self._copy
        return packet

    def _filtered(self, filters: "BitStreamFilterContext", packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
        from av import FFmpegError

        base = packet.time_base
        with suppress(FFmpegError):  # a damaged packet is left out
            for one in filters.filter(packet):
                one.stream, one.time_base = self._copy, base
                yield one


def open_sound(path: Path, first_s: float, allowed: tuple[str, ...], target: Path) -> Sound | None:
    """The sound of a file; None where it has none, or where it cannot be copied, which is logged.

    Args:
        path: of the source.
        first_s: when the first picture of the video is shown, seconds from the first of the source.
        allowed: codecs that may be copied.
        target: the video.
    """
    from av import FFmpegError
    from av import open as open_container

    try:
        container = open_container(native_path(path))
    except (FFmpegError, OSError, ValueError) as error:
        log.warning("%s has no sound: %s cannot be read (%s)", target, path, error)
        return None
    stream = container.streams.best("audio")
    if stream is None:
        container.close()
        return None
    codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else "of an unknown kind"
    if codec not in allowed:
        takes = f"it can take {', '.join(allowed)}" if allowed else "its kind of file has none"
        log.warning("%s has no sound: %s, and the sound of %s is %s", target, takes, path, codec)
        container.close()
        return None
    return Sound(container, stream, _start_s(container) + first_s)  # type: ignore[arg-type]


def _start_s(container: "InputContainer") -> float:
    """When the first picture of a file is shown, by the clock of its packets."""
    pictures = container.streams.best("video")
    if pictures is None or pictures.start_time is None or pictures.time_base is None:
        return 0.0
    return float(pictures.start_time * pictures.time_base)
