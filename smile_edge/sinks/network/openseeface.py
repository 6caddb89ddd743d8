"""Faces as OpenSeeFace sends them (https://github.com/emilianavt/OpenSeeFace), for the programs that read that."""

import time
from collections.abc import Iterable
from dataclasses import replace

from smile_edge.records import FrameResult
from smile_edge.sinks.network.datagrams import MOST_BYTES, DatagramSink
from smile_edge.sinks.network.faces import check_choice, choose_face, unmirrored
from smile_edge.sinks.network.openseeface_packet import PACKET_BYTES, face_packet

__all__ = ["OpenSeeFaceSink"]

_FACES = MOST_BYTES // PACKET_BYTES
"""Most faces of a datagram."""


class OpenSeeFaceSink(DatagramSink):
    """1,785 bytes a face, all faces of a frame in one datagram; nothing is sent of a frame without faces.

    Most receivers follow one id, usually 0. With `face` the chosen face alone is sent, with that id.

    Example:
        >>> with OpenSeeFaceSink("127.0.0.1:11573", face="largest") as sink:
        ...     for frame in camera:
        ...         sink.write(frame, pipeline.process(frame))
    """

    kind = "openseeface"

    def __init__(self, address: str, *, face: str | int | None = None, in_mm: bool = False) -> None:
        """Open the socket; for the other arguments and errors see `DatagramSink`.

        Args:
            address: `HOST:PORT`.
            face: whose: `largest`, or an id; None sends all faces with their own ids.
            in_mm: translations are in mm, because the camera is known, not in eye distances.

        Raises:
            UsageError: `face` is neither.
        """
        self.face = None if face is None else check_choice(face)
        self._in_mm = in_mm
        super().__init__(address)

    def datagrams(self, result: FrameResult) -> Iterable[bytes]:
        """The faces of the frame."""
        if self.face is None:
            faces = [unmirrored(face, result) for face in result.faces]
        else:
            chosen = choose_face(result, self.face)
            faces = [] if chosen is None else [replace(chosen, id=0, given=chosen.measures)]
        size, taken_s = (result.width, result.height), _taken_s(result)
        packets = [face_packet(face, size, taken_s, in_mm=self._in_mm) for face in faces]
        return (b"".join(packets[start : start + _FACES]) for start in range(0, len(packets), _FACES))


def _taken_s(result: FrameResult) -> float:
    """When the frame was taken, seconds since 1970; now, where that is not known."""
    if result.started_at is None or result.time_s is None:
        return time.time()
    return result.started_at + result.time_s
