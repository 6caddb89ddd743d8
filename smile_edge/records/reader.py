"""Records read back from JSON lines."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from smile_edge.errors import RecordError
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records.face import Face
from smile_edge.records.frame_result import SCHEMA, FrameResult
from smile_edge.topology import POINTS
from smile_edge.types import FloatArray

__all__ = ["read_records", "result_from"]


def read_records(path: str | Path) -> Iterator[FrameResult]:
    """The records of a JSON-lines file, one after the other.

    Args:
        path: what `--jsonl` wrote.

    Raises:
        RecordError: the file cannot be read, or a line is no record of this schema; it names the line.

    Example:
        >>> [len(result.faces) for result in read_records("faces.jsonl")]
        [1, 1, 2]
    """
    number = 0
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield result_from(json.loads(line))
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}): name a file that --jsonl wrote") from None
    except (ValueError, KeyError, TypeError, RecordError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise RecordError(
            f"{path}, line {number}: {what}; expected a record that --jsonl of this version wrote"
        ) from None


def result_from(record: Mapping[str, Any]) -> FrameResult:
    """The result that a record of schema 2 was written from, as far as rounding goes.

    Raises:
        RecordError: it is of another schema.
        KeyError, TypeError, ValueError: a field is missing or of another kind.
    """
    if not isinstance(record, Mapping) or record.get("schema") != SCHEMA:
        found = record.get("schema") if isinstance(record, Mapping) else type(record).__name__
        raise RecordError(f"a record of schema {found!r}, expected schema {SCHEMA} (CHANGELOG.md says how to adapt)")
    started = record.get("started_at")
    mirrored = bool(record["mirrored"])
    return FrameResult(
        source=record["source"],
        frame=record["frame"],
        time_s=record.get("time_s"),
        width=record["width"],
        height=record["height"],
        faces=tuple(_face(face, mirrored) for face in record["faces"]),
        age_ms=record.get("age_ms"),
        dropped=record.get("dropped"),
        mirrored=mirrored,
        started_at=None if started is None else datetime.fromisoformat(started).timestamp(),
        gap_s=record.get("gap_s"),
        warning=record.get("warning"),
        error=record.get("error"),
    )


def _face(record: Mapping[str, Any], mirrored: bool) -> Face:
    rows = [(math.nan,) * 3 if row is None else row for row in record["points"]]
    points = np.array(rows, np.float32).reshape(POINTS, 3)
    visible = record["visible"] or [None] * POINTS
    gaze = record["gaze"] or [None, None]
    pose = record["pose"] or {}
    measures = FaceMeasures(
        pose=Pose(*(_number(pose.get(name)) for name in Pose._fields)),
        translation=_numbers(record["translation"], 3),  # type: ignore[arg-type]
        blink=_numbers(record["blink"], 2),  # type: ignore[arg-type]
        mouth_open=_number(record["mouth_open"]),
        smile=_number(record["smile"]),
        gaze=tuple(_numbers(eye, 2) for eye in gaze),  # type: ignore[arg-type]
        expression=record.get("expression"),
    )
    return Face(
        points=points[:, :2],
        sigma=points[:, 2],
        score=record["score"],
        box=_array(record["box"], 4),
        id=record["id"],
        visible=_array([_number(value) for value in visible], POINTS),
        mirrored=mirrored,
        given=measures,
    )


def _array(values: Sequence[float], count: int) -> FloatArray:
    return np.array(values, np.float32).reshape(count)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(values: Sequence[float | None] | None, count: int) -> tuple[float, ...]:
    return tuple(map(_number, [None] * count if values is None else values))
