"""JSON records over UDP."""

import json
from collections.abc import Iterable, Iterator

from smile_edge.records import FrameResult
from smile_edge.sinks.network.datagrams import MOST_BYTES, DatagramSink

__all__ = ["UdpSink", "record_datagrams"]


class UdpSink(DatagramSink):
    """One record a datagram, as `--jsonl` writes it; one of more than 60 kB comes in parts, see `record_datagrams`.

    Example:
        >>> with UdpSink("127.0.0.1:9000") as sink:
        ...     for frame in camera:
        ...         sink.write(frame, pipeline.process(frame))
    """

    kind = "udp"

    def datagrams(self, result: FrameResult) -> Iterable[bytes]:
        """The record of the frame, whole or in parts."""
        return record_datagrams(result)


def record_datagrams(result: FrameResult, most_bytes: int = MOST_BYTES) -> list[bytes]:
    """The record as one datagram, or where that would be too long as several.

    Each part is a record of its own with some of the faces, in order, and `part`, its number from 1 and how many there
    are.
    """
    whole = result.to_json().encode()
    if len(whole) <= most_bytes or len(result.faces) < 2:
        return [whole]
    record = result.to_dict()
    faces = [_json(face) for face in record.pop("faces")]
    room = most_bytes - len(_json(record)) - len(',"faces":[],"part":[99,99]')
    groups = list(_groups(faces, room))
    head = _json(record)[:-1]
    return [
        f'{head},"faces":[{",".join(group)}],"part":[{number},{len(groups)}]}}'.encode()
        for number, group in enumerate(groups, 1)
    ]


def _groups(texts: Iterable[str], room: int) -> Iterator[list[str]]:
    """As many texts as there is room for, each with a comma; a single one that is longer stands alone."""
    group: list[str] = []
    used = 0
    for text in texts:
        if group and used + len(text) + 1 > room:
            yield group
            group, used = [], 0
        group.append(text)
        used += len(text) + 1
    if group:
        yield group


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
