"""The columns of a data set of faces: names, types, and what the files say of themselves."""

import json
from collections.abc import Mapping
from typing import Any

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import SCHEMA
from smile_edge.sinks.parquet.library import arrow
from smile_edge.topology import TOPOLOGY_70

__all__ = ["FACE_LISTS", "FACE_NUMBERS", "FRAME_COLUMNS", "faces_schema", "run_in"]

FRAME_COLUMNS = {
    "source": "string",
    "frame": "int64",
    "time_s": "float64",
    "age_ms": "float64",
    "width": "int64",
    "height": "int64",
    "mirrored": "bool_",
    "faces": "int64",
    "warning": "string",
    "error": "string",
}
"""Columns of the image, and what makes their types in pyarrow."""
FACE_NUMBERS = (
    *("score", "box_x", "box_y", "box_w", "box_h", "yaw", "pitch", "roll"),
    *("translation_x", "translation_y", "translation_z", "blink_right", "blink_left", "mouth_open", "smile"),
    *("gaze_right_x", "gaze_right_y", "gaze_left_x", "gaze_left_y"),
)
"""Columns of the face, float32, after its `id`."""
FACE_LISTS = ("points_x", "points_y", "sigma", "visible")
"""Columns of the face, lists of 70 float32."""

_VERSION, _POINTS, _RUN = b"smile_edge.schema", b"smile_edge.points", b"smile_edge.run"


def faces_schema(*, expression: bool = False, run: Mapping[str, Any] | None = None) -> Any:
    """The `pyarrow.Schema` of a table of faces; `docs/columns.md` describes the columns.

    Its metadata has the version of the record, `smile_edge.schema`, and the names of the points, `smile_edge.points`.

    Args:
        expression: with the column `expression`, a struct of the 52 ARKit coefficients.
        run: what run the faces are of, plain JSON for the metadata `smile_edge.run`.

    Raises:
        SinkError: pyarrow is not installed.

    Example:
        >>> faces_schema().field("points_x").type
        ListType(list<element: float>)
    """
    pa = arrow()
    number = pa.float32()
    fields = [(name, getattr(pa, kind)()) for name, kind in FRAME_COLUMNS.items()]
    fields += [("id", pa.int64()), *((name, number) for name in FACE_NUMBERS)]
    fields += [(name, pa.list_(pa.field("element", number))) for name in FACE_LISTS]
    if expression:
        fields.append(("expression", pa.struct([(name, number) for name in COEFFICIENTS])))
    metadata = {_VERSION: str(SCHEMA), _POINTS: json.dumps(TOPOLOGY_70.names)}
    if run is not None:
        metadata[_RUN] = json.dumps(run)
    return pa.schema(fields, metadata=metadata)


def run_in(schema: Any) -> Any:
    """What run a `pyarrow.Schema` says that its faces are of; None where it says nothing that can be read."""
    try:
        return json.loads((schema.metadata or {})[_RUN])
    except (KeyError, ValueError, RecursionError):
        return None
