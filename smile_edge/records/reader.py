"""Records read back from JSON lines."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from smile_edge.errors import RecordError, one_line
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records.face import Face
from smile_edge.records.frame_result import SCHEMA, FrameResult
from smile_edge.records.names import unescaped_name
from smile_edge.topology import POINTS
from smile_edge.validation import check_paths

__all__ = ["read_records", "result_from"]

T = TypeVar("T")
_MOST = 1e30
"""Larger numbers are no measurements, and arrays of float32 cannot hold them."""


def read_records(path: str | Path) -> Iterator[FrameResult]:
    """The records of a JSON-lines file, one after the other.

    Args:
        path: what `--jsonl` wrote.

    Raises:
        UsageError: `path` is no path.
        RecordError: the file cannot be read, or a line is no record of this schema; it names the line.

    Example:
        >>> [len(result.faces) for result in read_records("faces.jsonl")]
        [1, 1, 2]
    """
    check_paths(path=path)
    number = 0
    try:
        with open(Path(path), "rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield result_from(json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8")))
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}): name a file that --jsonl wrote") from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, RecordError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else one_line(error)[:200]
        where = f"{path}, line {number}"
        raise RecordError(f"{where}: {what}; expected a record that --jsonl of this version wrote") from None


def result_from(record: Mapping[str, Any]) -> FrameResult:
    """The result that a record of schema 2 was written from, as far as rounding goes.

    Raises:
        RecordError: it is of another schema.
        KeyError, TypeError, ValueError: a field is missing or of another kind.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"{type(record).__name__} in place of a JSON object")
    if record.get("schema") != SCHEMA:
        found = str(record.get("schema"))[:40]
        raise RecordError(f"a record of schema {found}, expected schema {SCHEMA} (CHANGELOG.md says how to adapt)")
    started = record.get("started_at")
    mirrored = _of(record, "mirrored", bool)
    return FrameResult(
        source=unescaped_name(_of(record, "source", str)),
        frame=_of(record, "frame", int),
        time_s=_maybe(record, "time_s", float),
        width=_of(record, "width", int),
        height=_of(record, "height", int),
        faces=tuple(_face(face, mirrored) for face in _of(record, "faces", list)),
        age_ms=_maybe(record, "age_ms", float),
        dropped=_maybe(record, "dropped", int),
        mirrored=mirrored,
        started_at=None if started is None else datetime.fromisoformat(started).timestamp(),
        gap_s=_maybe(record, "gap_s", float),
        warning=_maybe(record, "warning", str),
        error=_maybe(record, "error", str),
    )


def _face(record: Any, mirrored: bool) -> Face:
    if not isinstance(record, Mapping):
        raise RecordError(f"{type(record).__name__} in place of a face")
    points = np.array([_numbers(row, 3, "points") for row in _list(record["points"], POINTS, "points")], np.float32)
    visible = _list(record["visible"], POINTS, "visible")
    pose = record["pose"]
    if pose is not None and (not isinstance(pose, Mapping) or set(pose) != set(Pose._fields)):
        raise RecordError(f"pose must have {', '.join(Pose._fields)}, or be null")
    expression = _maybe(record, "expression", dict)
    measures = FaceMeasures(
        pose=Pose() if pose is None else Pose(*(_number(pose[name], "pose") for name in Pose._fields)),
        translation=_numbers(record["translation"], 3, "translation"),  # type: ignore[arg-type]
        blink=_numbers(record["blink"], 2, "blink"),  # type: ignore[arg-type]
        mouth_open=_number(record["mouth_open"], "mouth_open"),
        smile=_number(record["smile"], "smile"),
        gaze=tuple(_numbers(eye, 2, "gaze") for eye in _list(record["gaze"], 2, "gaze")),  # type: ignore[arg-type]
        expression=None if expression is None else {key: _number(value, key) for key, value in expression.items()},
    )
    return Face(
        points=points[:, :2],
        sigma=points[:, 2],
        score=_of(record, "score", float),
        box=np.array(_numbers(record["box"], 4, "box"), np.float32),
        id=_of(record, "id", int),
        visible=np.array([_number(value, "visible") for value in visible], np.float32),
        mirrored=mirrored,
        given=measures,
    )


def _of(record: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A value of that kind; a whole number stands for a float as well.

    Raises:
        KeyError: it is not there.
        RecordError: it is of another kind.
    """
    value = record[name]
    right = isinstance(value, (int, float) if kind is float else kind) and isinstance(value, bool) == (kind is bool)
    if not right or value != value:
        raise RecordError(f"{name} must be {kind.__name__}, found {str(value)[:40]!r}")
    return cast(T, value)


def _maybe(record: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """The same, None where it is not there."""
    return _of(record, name, kind) if record.get(name) is not None else None


def _list(values: Any, count: int, name: str) -> list[Any]:
    """So many values; as many None in place of null."""
    if values is None:
        return [None] * count
    if not isinstance(values, list) or len(values) != count:
        raise RecordError(f"{name} must hold {count} values, or be null")
    return values


def _numbers(values: Any, count: int, name: str) -> tuple[float, ...]:
    return tuple(_number(value, name) for value in _list(values, count, name))


def _number(value: Any, name: str) -> float:
    """A number; NaN in place of null."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        raise RecordError(f"{name} must be numbers, found {str(value)[:40]!r}")
    return float(value)
