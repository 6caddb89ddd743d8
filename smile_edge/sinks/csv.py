"""Comma-separated values: one row a face, and one for a frame that has none."""

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.records.names import escaped_name, plain_text
from smile_edge.sinks.text import TextSink
from smile_edge.topology import TOPOLOGY_70

__all__ = ["COLUMNS", "EXPRESSION_COLUMNS", "CsvSink"]

_FRAME_COLUMNS = 7

COLUMNS = (
    *("source", "frame", "time_s", "age_ms", "width", "height", "mirrored", "id", "score"),
    *("box_x", "box_y", "box_w", "box_h", "yaw", "pitch", "roll", "translation_x", "translation_y", "translation_z"),
    *("blink_right", "blink_left", "mouth_open", "smile"),
    *("gaze_right_x", "gaze_right_y", "gaze_left_x", "gaze_left_y"),
    *(f"{name}_{part}" for name in TOPOLOGY_70.names for part in ("x", "y", "sigma", "visible")),
    *("faces", "error"),
)
"""The header; values and units as in the JSON record. A cell is empty where the record has null or nothing."""
EXPRESSION_COLUMNS = COEFFICIENTS
"""Further columns, at the end, where expressions are asked for."""


class CsvSink(TextSink):
    """A header, then one row a face, flushed frame by frame.

    Each row has the number of `faces` of its frame. A frame without any has one row that says 0, and `error` where that
    is why.
    """

    def __init__(self, path: str | Path, *, expression: bool = False, append: bool = False) -> None:
        """Opens the file.

        Args:
            path: see `TextSink`.
            expression: whether rows end in the coefficients of the expression.
            append: see `TextSink`; a header is written only where the file is empty.

        Raises:
            SinkError: see `TextSink`.
        """
        super().__init__(path, append=append)
        self._columns = (*COLUMNS, *EXPRESSION_COLUMNS) if expression else COLUMNS
        self._headed = append and Path(path).stat().st_size > 0

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append the rows of this frame; see `TextSink` for the errors."""
        header = [] if self._headed else [self._columns]
        self._headed = True
        self._write_rows([*header, *(row[: len(self._columns)] for row in _rows(result))])

    def _write_rows(self, rows: Iterable[Iterable[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write_text(text.getvalue())


def _rows(result: FrameResult) -> list[list[object]]:
    """The rows of a frame with all columns: one a face, or one that says that there is none."""
    if result.faces:
        return [[*_frame(result), *_face(face), len(result.faces), "", *_expression(face)] for face in result.faces]
    nothing = [""] * (len(COLUMNS) - _FRAME_COLUMNS - 2)
    return [[*_frame(result), *nothing, 0, _one_line(result.error), *[""] * len(EXPRESSION_COLUMNS)]]


def _frame(result: FrameResult) -> list[object]:
    return [
        *(escaped_name(result.source, one_line=True), result.frame, _cell(result.time_s, 4), _cell(result.age_ms, 2)),
        *(result.width, result.height, int(result.mirrored)),
    ]


def _one_line(message: str | None) -> str:
    return "" if message is None else " ".join(plain_text(message).split())


def _face(face: Face) -> list[object]:
    found = face.measures
    (right_x, right_y), (left_x, left_y) = found.gaze
    points = np.round(np.column_stack([face.points, face.sigma, face.visible]).astype(np.float64), 2)
    return [
        *(face.id, round(float(face.score), 4)),
        *(_cell(value, 2) for value in (*face.box.tolist(), *found.pose)),
        *(_cell(value, 3) for value in (*found.translation, *found.blink, found.mouth_open, found.smile)),
        *(_cell(value, 3) for value in (right_x, right_y, left_x, left_y)),
        *("" if value != value else value for value in points.ravel().tolist()),
    ]


def _expression(face: Face) -> list[object]:
    said = face.expression or {}
    return [_cell(said.get(name), 3) for name in EXPRESSION_COLUMNS]


def _cell(value: float | None, digits: int) -> object:
    return "" if value is None or not math.isfinite(value) else round(value, digits)
