"""One frame with its result, as viewers get it."""

import struct
from dataclasses import dataclass
from functools import cached_property

from smile_edge.records import Frame, FrameResult

__all__ = ["Record", "Snapshot", "view_message"]

_HEAD = struct.Struct(">I")


class Record:
    """What a frame's result says; the text is made when somebody first asks for it."""

    def __init__(self, result: FrameResult) -> None:
        self.result = result

    @cached_property
    def text(self) -> str:
        """One line of JSON, the same that `--jsonl` writes."""
        return self.result.to_json()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frame and its record."""

    frame: Frame
    record: Record


def view_message(text: str, picture: bytes) -> bytes:
    """A record and its picture in one message.

    Args:
        text: the record as JSON.
        picture: JPEG; empty where none is sent.

    Returns:
        The number of the record's bytes (32 bits, big-endian), the record, the picture.
    """
    encoded = text.encode()
    return _HEAD.pack(len(encoded)) + encoded + picture
