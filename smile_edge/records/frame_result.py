"""Everything known about one frame: the record that every output writes."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from smile_edge.errors import UsageError
from smile_edge.records.face import Face
from smile_edge.records.fields import (
    FLAG,
    NUMBER,
    TEXT,
    TIMESTAMP,
    WHOLE,
    Kind,
    NoneOfThem,
    check_fields,
    fields_of,
    maybe,
)
from smile_edge.records.names import escaped_name, plain_text
from smile_edge.records.plain import plain_faces

__all__ = ["SCHEMA", "FrameResult"]

SCHEMA = 2
"""Version of the record; `assets/record.schema.json` describes it."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """Everything known about one frame; the same object in every mode and every sink."""

    source: str
    frame: int
    time_s: float | None
    """Capture clock of the source; None for an image that belongs to no stream."""
    width: int
    height: int
    faces: tuple[Face, ...] = ()
    age_ms: float | None = None
    """Capture to result, milliseconds; None where the source is not live."""
    dropped: int | None = None
    """Frames skipped so far because a newer one had arrived; None where the source is not live."""
    mirrored: bool = False
    """The frame was flipped left to right; positions are in its pixels, sides are the subject's."""
    started_at: float | None = None
    """Wall clock of the source's first frame, seconds since 1970; None where the source is not live."""
    gap_s: float | None = None
    """Seconds lost before this frame, where the source came back."""
    warning: str | None = None
    """What was wrong with the image, although it could be read."""
    error: str | None = None
    """Why this frame has no faces to look at (a broken image); None otherwise."""

    def __post_init__(self) -> None:
        """Checks types.

        Raises:
            UsageError: a field is of another type.
        """
        check_fields(self, _FIELDS)

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types; what its source never has is left out."""
        record: dict[str, Any] = {"schema": SCHEMA, "source": escaped_name(self.source), "frame": self.frame}
        if self.time_s is not None:
            record["time_s"] = round(self.time_s, 4)
        if self.age_ms is not None:
            record["age_ms"] = round(self.age_ms, 2)
        if self.dropped is not None:
            record["dropped"] = self.dropped
        if self.started_at is not None:
            record["started_at"] = datetime.fromtimestamp(self.started_at, UTC).isoformat(timespec="milliseconds")
        if self.gap_s is not None:
            record["gap_s"] = round(self.gap_s, 3)
        record |= {"width": self.width, "height": self.height, "mirrored": self.mirrored}
        record["faces"] = plain_faces(self.faces)
        if self.warning is not None:
            record["warning"] = plain_text(self.warning)
        if self.error is not None:
            record["error"] = plain_text(self.error)
        return record

    def to_json(self) -> str:
        """The record as one line of JSON.

        Raises:
            UsageError: a score, a box or a measure of a face is not finite.
        """
        import orjson

        record = self.to_dict()
        if not all(math.isfinite(number) for face in record["faces"] for number in (face["score"], *face["box"])):
            raise UsageError(f"frame {self.frame} of {self.source} has a number that is not finite: a score or a box")
        line = orjson.dumps(record)
        if line.isascii() and b"\x7f" not in line:
            return line.decode()
        return json.dumps(record, separators=(",", ":"))  # with what is not printable ASCII escaped


def _faces(value: Any) -> tuple[Face, ...]:
    faces = tuple(value)
    for face in faces:
        if not isinstance(face, Face):
            raise ValueError
    return faces


_FIELDS = fields_of(
    source=TEXT,
    frame=WHOLE,
    time_s=maybe(NUMBER),
    width=WHOLE,
    height=WHOLE,
    faces=Kind("a tuple of Face", NoneOfThem, _faces),
    age_ms=maybe(NUMBER),
    dropped=maybe(WHOLE),
    mirrored=FLAG,
    started_at=maybe(TIMESTAMP),
    gap_s=maybe(NUMBER),
    warning=maybe(TEXT),
    error=maybe(TEXT),
)
