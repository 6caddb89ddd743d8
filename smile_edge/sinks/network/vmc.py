"""A face as VMC protocol (https://protocol.vmc.info), from Performer to Marionette: what moves a VRM avatar."""

import math
from collections.abc import Iterable, Iterator
from itertools import chain

from smile_edge.records import Face, FrameResult
from smile_edge.sinks.network.datagrams import DatagramSink
from smile_edge.sinks.network.faces import check_choice, choose_face
from smile_edge.sinks.network.osc_bundles import Message, bundles, check_osc
from smile_edge.sinks.network.unity import eye_quaternion, head_quaternion

__all__ = ["VmcSink", "face_messages"]

_MOST_BYTES = 1500
"""Longest bundle, by the protocol."""
_LOADED, _CALIBRATED, _NORMAL_MODE = 1, 3, 0
"""Of `/VMC/Ext/OK`: there is a model, it is calibrated, in the usual mode."""
_AT_REST = (0.0, 0.0, 0.0)


class VmcSink(DatagramSink):
    """Head, eyes and blend shapes of one face, in bundles of at most 1,500 bytes.

    The root stays where it is. Without a face only `/VMC/Ext/OK` and `/VMC/Ext/T` are sent: the avatar keeps its pose.

    Example:
        >>> with VmcSink("127.0.0.1:39539") as sink:
        ...     for frame in camera:
        ...         sink.write(frame, pipeline.process(frame))
    """

    kind = "vmc"

    def __init__(self, address: str, *, face: str | int = "largest") -> None:
        """Open the socket; for the other arguments and errors see `DatagramSink`.

        Args:
            address: `HOST:PORT`.
            face: whose: `largest`, or an id.

        Raises:
            UsageError: `face` is neither.
            SinkError: python-osc is not installed.
        """
        self.face = check_choice(face)
        check_osc(self.kind)
        super().__init__(address)

    def datagrams(self, result: FrameResult) -> Iterable[bytes]:
        """The bundles of the frame."""
        face = choose_face(result, self.face)
        state = (_LOADED, _CALIBRATED, _NORMAL_MODE, int(face is not None))
        last: list[Message] = [("/VMC/Ext/OK", state), ("/VMC/Ext/T", (float(result.time_s or 0.0),))]
        messages = chain(() if face is None else face_messages(face), last)
        return bundles(([message] for message in messages), _MOST_BYTES)


def face_messages(face: Face) -> Iterator[Message]:
    """Bones and blend shapes of a face in a picture that is not mirrored; of what is not known nothing."""
    yield "/VMC/Ext/Root/Pos", ("root", *_AT_REST, 0.0, 0.0, 0.0, 1.0)
    if all(map(math.isfinite, face.pose)):
        yield "/VMC/Ext/Bone/Pos", ("Head", *_AT_REST, *head_quaternion(face.pose))
    for bone, gaze in zip(("RightEye", "LeftEye"), face.gaze, strict=True):
        if all(map(math.isfinite, gaze)):
            yield "/VMC/Ext/Bone/Pos", (bone, *_AT_REST, *eye_quaternion(gaze))
    known = [(name, float(value)) for name, value in _blend_shapes(face) if math.isfinite(value)]
    yield from (("/VMC/Ext/Blend/Val", value) for value in known)
    if known:
        yield "/VMC/Ext/Blend/Apply", ()


def _blend_shapes(face: Face) -> Iterator[tuple[str, float]]:
    """The presets of VRM 0 that are measured, then the 52 where there are any, called as VRM models call them."""
    yield "A", face.mouth_open
    yield "Blink_R", face.blink[0]
    yield "Blink_L", face.blink[1]
    yield "Joy", face.smile
    for name, value in (face.expression or {}).items():
        yield name[:1].upper() + name[1:], value
