"""Results as an Arrow table: one row a face, and one for an image that has none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import Face, FrameResult
from smile_edge.records.names import escaped_name, plain_text
from smile_edge.sinks.parquet.library import arrow
from smile_edge.sinks.parquet.schema import FACE_LISTS, FACE_NUMBERS, FRAME_COLUMNS, faces_schema
from smile_edge.topology import POINTS

__all__ = ["faces_table"]

_NOTHING = (None,) * (1 + len(FACE_NUMBERS))


def faces_table(
    results: Iterable[FrameResult], *, expression: bool = False, run: Mapping[str, Any] | None = None
) -> Any:
    """The faces of some images as columns.

    Rows stand in the order of the results. What is not known is null, never NaN. Numbers are not rounded.

    Args:
        results: of images, or frames of a stream.
        expression: see `faces_schema`; null for faces that have none.
        run: see `faces_schema`.

    Returns:
        A `pyarrow.Table` of `faces_schema`.

    Raises:
        SinkError: pyarrow is not installed.

    Example:
        >>> table = faces_table(result for _, result in process_images(paths, pipeline))
        >>> table.column("score").to_pylist()
        [0.98, 0.97, None]
    """
    rows = [(result, face) for result in results for face in (result.faces or (None,))]
    faces = [face for _, face in rows]
    schema = faces_schema(expression=expression, run=run)
    columns = {**_frames(rows), **_numbers(faces)}
    columns |= {name: _lists(values) for name, values in zip(FACE_LISTS, _points(faces), strict=True)}
    if expression:
        columns["expression"] = [_expression(face) for face in faces]
    pa = arrow()
    arrays = [_array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: Any) -> Any:
    pa = arrow()
    return values if isinstance(values, pa.Array) else pa.array(values, kind, from_pandas=True)


def _frames(rows: Sequence[tuple[FrameResult, Face | None]]) -> dict[str, list[Any]]:
    found = [_frame(result) for result, _ in rows]
    return {name: [row[place] for row in found] for place, name in enumerate(FRAME_COLUMNS)}


def _frame(result: FrameResult) -> tuple[Any, ...]:
    return (
        *(escaped_name(result.source), result.frame, result.time_s, result.age_ms),
        *(result.width, result.height, result.mirrored, len(result.faces)),
        *(None if text is None else plain_text(text) for text in (result.warning, result.error)),
    )


def _numbers(faces: Sequence[Face | None]) -> dict[str, list[Any]]:
    found = [_NOTHING if face is None else _face(face) for face in faces]
    return {name: [row[place] for row in found] for place, name in enumerate(("id", *FACE_NUMBERS))}


def _face(face: Face) -> tuple[Any, ...]:
    found = face.measures
    right, left = found.gaze
    measured = (*found.translation, *found.blink, found.mouth_open, found.smile, *right, *left)
    return (face.id, face.score, *face.box.tolist(), *found.pose, *measured)


def _points(faces: Sequence[Face | None]) -> Iterable[Sequence[Any]]:
    """The values of `FACE_LISTS`: `(70,)` each, None where there is no face."""
    nothing = (None,) * len(FACE_LISTS)
    rows = [nothing if face is None else (*face.points.T, face.sigma, _visible(face)) for face in faces]
    return ([row[place] for row in rows] for place in range(len(FACE_LISTS)))


def _visible(face: Face) -> Any:
    return face.visible if np.isfinite(face.visible).any() else None


def _lists(values: Sequence[Any]) -> Any:
    """A column of lists, null where there is none."""
    pa = arrow()
    known = np.array([value is not None for value in values], bool)
    flat = np.concatenate([np.empty(0, np.float32), *(value for value in values if value is not None)])
    offsets = np.concatenate([[0], np.cumsum(known * POINTS)]).astype(np.int32)
    elements = pa.array(flat, mask=~np.isfinite(flat))
    kind = pa.list_(pa.field("element", pa.float32()))
    return pa.ListArray.from_arrays(pa.array(offsets), elements, type=kind, mask=pa.array(~known))


def _expression(face: Face | None) -> dict[str, float | None] | None:
    if face is None or face.expression is None:
        return None
    return {name: _finite(face.expression.get(name)) for name in COEFFICIENTS}


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
