"""CSV: one row a face, names of any bytes."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from black_frames import FRAME
from fake_world import face_of
from portrait_frames import BROKEN, POINTS, face, frame_and_result

from smile_edge.errors import SinkError
from smile_edge.records import FrameResult
from smile_edge.sinks import COLUMNS, CsvSink, VideoSink
from smile_edge.sinks.csv import EXPRESSION_COLUMNS


def test_names_that_are_not_utf8_are_escaped_in_csv_and_refused_for_video_outputs(tmp_path: Path) -> None:
    odd = "b\udcff.jpg"
    with CsvSink(tmp_path / "x.csv") as sink:
        sink.write(FRAME, FrameResult(odd, 0, 0.0, 64, 48, (face_of(np.zeros((49, 2), np.float32)),)))
    assert "\nb\\xff.jpg," in (tmp_path / "x.csv").read_text("utf-8")

    with pytest.raises(SinkError, match="not UTF-8"):
        VideoSink(tmp_path / "o\udcff.mp4")


def test_csv_writes_a_header_one_row_a_face_and_one_for_a_frame_without(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with CsvSink(path) as sink:
        for index, faces in enumerate((2, 0, 1)):
            sink.write(*frame_and_result(index, faces, "a, b.mp4"))
        sink.write(*BROKEN)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["source"], row["frame"], row["id"], row["faces"], row["error"]) for row in rows] == [
        ("a, b.mp4", "0", "0", "2", ""),
        ("a, b.mp4", "0", "1", "2", ""),
        ("a, b.mp4", "1", "", "0", ""),
        ("a, b.mp4", "2", "0", "1", ""),
        ("a.jpg", "0", "", "0", "empty"),
    ]
    assert rows[0]["age_ms"] == ""
    one = face()
    wanted = {"inner_lip_7_x": POINTS[48, 0], "inner_lip_7_sigma": 1.25, "smile": one.smile, **one.pose._asdict()}
    wanted |= dict(zip(("blink_right", "blink_left"), one.blink, strict=True))
    for name, value in wanted.items():
        assert float(rows[0][name]) == pytest.approx(value, abs=0.01)
    for name in ("jaw_8_x", "right_iris_sigma", "nose_bridge_0_visible", "gaze_left_y"):
        assert rows[0][name] == ""  # today's model does not give it


def test_csv_ends_in_the_coefficients_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    frame, result = frame_and_result(0, 2)
    said = result.faces[0].measures._replace(expression={"jawOpen": 0.12345, "tongueOut": 0.0})
    result = replace(result, faces=(replace(result.faces[0], given=said), result.faces[1]))
    with CsvSink(path, expression=True) as sink:
        sink.write(frame, result)

    with path.open(encoding="utf-8", newline="") as file:
        first, second = list(csv.DictReader(file))
    assert tuple(first) == (*COLUMNS, *EXPRESSION_COLUMNS)
    assert (first["jawOpen"], first["tongueOut"], first["browDownLeft"]) == ("0.123", "0.0", "")
    assert second["jawOpen"] == ""
