"""Faces as OSC, for programs that make sound, light and pictures."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from smile_edge.records import Face, FrameResult
from smile_edge.sinks.network.datagrams import MOST_BYTES, DatagramSink
from smile_edge.sinks.network.osc_bundles import Message, bundles, check_osc

__all__ = ["OscSink", "face_messages", "frame_messages"]

_UNKNOWN_POINT = (0.0, 0.0, -1.0)
"""x, y and sigma of a point that is not known; no sigma is negative."""


class OscSink(DatagramSink):
    """One bundle a frame: `/smile/frame`, `/smile/faces` and `/smile/face/<id>/...`; `docs/avatars.md` lists them.

    A bundle of more than 60 kB comes in several, each with `/smile/frame` and `/smile/faces` and some of the faces.

    Example:
        >>> with OscSink("127.0.0.1:9000") as sink:
        ...     for frame in camera:
        ...         sink.write(frame, pipeline.process(frame))
    """

    kind = "osc"

    def __init__(self, address: str) -> None:
        """Open the socket; for the arguments and errors see `DatagramSink`.

        Raises:
            SinkError: python-osc is not installed.
        """
        check_osc(self.kind)
        super().__init__(address)

    def datagrams(self, result: FrameResult) -> Iterable[bytes]:
        """The bundle of the frame, or its parts."""
        return bundles(map(face_messages, result.faces), MOST_BYTES, frame_messages(result))


def frame_messages(result: FrameResult) -> Iterator[Message]:
    """What is said of the frame."""
    yield "/smile/frame", (_text(result.source), result.frame, result.width, result.height, int(result.mirrored))
    if result.time_s is not None:
        yield "/smile/time", (float(result.time_s),)
    if result.age_ms is not None:
        yield "/smile/age", (float(result.age_ms),)
    yield "/smile/faces", tuple(face.id for face in result.faces)


def face_messages(face: Face) -> Iterator[Message]:
    """What is said of one face; of what is not known nothing."""
    prefix = f"/smile/face/{face.id}"
    for part, values in _parts(face):
        if values and all(map(math.isfinite, values)):
            yield f"{prefix}/{part}", tuple(map(float, values))


def _parts(face: Face) -> Iterator[tuple[str, Sequence[float]]]:
    found = face.measures
    yield "score", (face.score,)
    yield "box", face.box.tolist()
    yield "pose", found.pose
    yield "translation", found.translation
    yield "points", _points(face)
    for name, right, left in (("blink", found.blink[:1], found.blink[1:]), ("gaze", *found.gaze)):
        yield name, (*right, *left)
        yield f"{name}/right", right
        yield f"{name}/left", left
    yield "mouth", (found.mouth_open,)
    yield "smile", (found.smile,)
    for name, value in (found.expression or {}).items():
        yield f"expression/{name}", (value,)


def _points(face: Face) -> list[float]:
    """x, y and sigma of each of the 70 points, one after the other."""
    rows = np.column_stack([face.points, face.sigma])
    rows[~np.isfinite(rows).all(1)] = _UNKNOWN_POINT
    flat: list[float] = rows.ravel().tolist()
    return flat


def _text(text: str) -> str:
    """OSC strings are UTF-8; the name of a file may not be."""
    return text.encode("utf-8", "replace").decode("utf-8")
