"""Comma-separated values: one row a face."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from smile_edge.records import Face, Frame, FrameResult
from smile_edge.sinks.text import TextSink
from smile_edge.topology import TOPOLOGY_49

__all__ = ["COLUMNS", "CsvSink"]

COLUMNS = (
    *("source", "frame", "time_s", "age_ms", "width", "height", "id", "score"),
    *("box_x", "box_y", "box_w", "box_h", "roll", "eye_open_right", "eye_open_left", "mouth_open"),
    *(f"p{index}_{part}" for index in range(TOPOLOGY_49.count) for part in ("x", "y", "sigma")),
)
"""The header; values and units as in the JSON record. `age_ms` is empty where the source is not live."""


class CsvSink(TextSink):
    """A header, then one row a face, flushed frame by frame. A frame without faces, or with an error, writes no row."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._headed = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append a row for each face of this frame; see `TextSink` for the errors."""
        header = [] if self._headed else [COLUMNS]
        self._headed = True
        if header or result.faces:
            self._write_rows([*header, *(_row(result, face) for face in result.faces)])

    def _write_rows(self, rows: Iterable[Iterable[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write_text(text.getvalue())


def _row(result: FrameResult, face: Face) -> list[object]:
    values = face.to_dict()
    age_ms = None if result.age_ms is None else round(result.age_ms, 2)
    return [
        *(result.source, result.frame, round(result.time_s, 4), age_ms, result.width, result.height),
        *(values["id"], values["score"], *values["box"], values["roll"], *values["eye_open"], values["mouth_open"]),
        *(number for point in values["points"] for number in point),
    ]
