"""The record that every sink writes."""

import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.records import SCHEMA, FrameResult

FACE = face_of(face_points(), 0.125, 0.98765, np.float32([1, 2, 30, 40]), 3)
LIVE = FrameResult(
    "camera:0", 812, 27.066, 1280, 720, (FACE,), age_ms=4.127, dropped=2, started_at=1795000000.25, gap_s=1.5
)


def test_a_live_record_holds_the_keys_of_the_schema_in_order() -> None:
    record = LIVE.to_dict()

    assert list(record) == [
        "schema", "source", "frame", "time_s", "age_ms", "dropped", "started_at", "gap_s",
        "width", "height", "mirrored", "faces",
    ]  # fmt: skip
    assert record["schema"] == SCHEMA == 2
    assert record["age_ms"] == 4.13
    assert record["started_at"] == "2026-11-18T11:06:40.250+00:00"
    assert list(record["faces"][0]) == [
        "id", "score", "box", "points", "visible", "left_eye", "right_eye", "nose", "mouth",
        "pose", "translation", "blink", "mouth_open", "smile", "gaze",
    ]  # fmt: skip


def test_what_a_source_never_has_is_left_out() -> None:
    record = FrameResult("a.jpg", 0, None, 64, 48).to_dict()

    assert not {"time_s", "age_ms", "dropped", "started_at", "gap_s", "warning", "error"} & set(record)


@pytest.mark.parametrize("name", ["warning", "error"])
def test_a_warning_and_an_error_appear_only_where_there_is_one(name: str) -> None:
    assert replace(LIVE, **{name: "not an image"}).to_dict()[name] == "not an image"


def test_json_is_one_line_that_reads_back() -> None:
    text = LIVE.to_json()

    assert "\n" not in text
    assert json.loads(text) == LIVE.to_dict()


@pytest.mark.parametrize("name", ["a.jpg", "caf\u00e9/\u65e5\u672c.jpg", "\x7f.jpg", 'a"b\\c.jpg', "\U0001f600"])
def test_json_is_the_text_that_python_writes(name: str) -> None:
    result = replace(LIVE, source=name, warning=f"{name} is damaged")

    assert result.to_json() == json.dumps(result.to_dict(), separators=(",", ":"))
    assert result.to_json().isascii()


def test_faces_written_together_are_those_written_one_by_one() -> None:
    whole = replace(face_of(face_points(x=50), 0.5), visible=np.linspace(0, 1, 70, dtype=np.float32))
    faces = (FACE, whole, replace(whole, points=np.full((70, 2), np.nan, np.float32)))

    assert replace(LIVE, faces=faces).to_dict()["faces"] == [face.to_dict() for face in faces]
    assert replace(LIVE, faces=faces).to_dict()["faces"][2]["nose"] is None


def test_records_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        FACE.id = 4  # type: ignore[misc]
