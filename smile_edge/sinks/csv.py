"""Comma-separated values: one row a face."""

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.records.names import escaped_name
from smile_edge.sinks.text import TextSink
from smile_edge.topology import TOPOLOGY_70

__all__ = ["COLUMNS", "EXPRESSION_COLUMNS", "CsvSink"]

COLUMNS = (
    *("source", "frame", "time_s", "age_ms", "width", "height", "mirrored", "id", "score"),
    *("box_x", "box_y", "box_w", "box_h", "yaw", "pitch", "roll", "translation_x", "translation_y", "translation_z"),
    *("blink_right", "blink_left", "mouth_open", "smile"),
    *("gaze_right_x", "gaze_right_y", "gaze_left_x", "gaze_left_y"),
    *(f"{name}_{part}" for name in TOPOLOGY_70.names for part in ("x", "y", "sigma", "visible")),
)
"""The header; values and units as in the JSON record. A cell is empty where the record has null or nothing."""
EXPRESSION_COLUMNS = COEFFICIENTS
"""Further columns, at the end, where expressions are asked for."""


class CsvSink(TextSink):
    """A header, then one row a face, flushed frame by frame. A frame without faces, or with an error, writes no row."""

    def __init__(self, path: str | Path, *, expression: bool = False) -> None:
        """Opens the file.

        Args:
            path: see `TextSink`.
            expression: whether rows end in the coefficients of the expression.

        Raises:
            SinkError: see `TextSink`.
        """
        super().__init__(path)
        self._columns = (*COLUMNS, *EXPRESSION_COLUMNS) if expression else COLUMNS
        self._headed = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append a row for each face of this frame; see `TextSink` for the errors."""
        header = [] if self._headed else [self._columns]
        self._headed = True
        if header or result.faces:
            self._write_rows([*header, *(_row(result, face)[: len(self._columns)] for face in result.faces)])

    def _write_rows(self, rows: Iterable[Iterable[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write_text(text.getvalue())


def _row(result: FrameResult, face: Face) -> list[object]:
    found = face.measures
    (right_x, right_y), (left_x, left_y) = found.gaze
    said = found.expression or {}
    points = np.round(np.column_stack([face.points, face.sigma, face.visible]).astype(np.float64), 2)
    return [
        *(escaped_name(result.source, one_line=True), result.frame, _cell(result.time_s, 4), _cell(result.age_ms, 2)),
        *(result.width, result.height, int(result.mirrored), face.id, round(float(face.score), 4)),
        *(_cell(value, 2) for value in (*face.box.tolist(), *found.pose)),
        *(_cell(value, 3) for value in (*found.translation, *found.blink, found.mouth_open, found.smile)),
        *(_cell(value, 3) for value in (right_x, right_y, left_x, left_y)),
        *("" if value != value else value for value in points.ravel().tolist()),
        *(_cell(said.get(name), 3) for name in COEFFICIENTS),
    ]


def _cell(value: float | None, digits: int) -> object:
    return "" if value is None or not math.isfinite(value) else round(value, digits)
