"""Records read back."""

import json
from pathlib import Path

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.errors import RecordError
from smile_edge.records import FrameResult, read_records

RESULTS = [
    FrameResult("a.mp4", 0, 0.0, 64, 48, (face_of(face_points()),)),
    FrameResult(
        "camera:0", 1, 1.5, 64, 48, (), age_ms=2.5, dropped=3, mirrored=True, started_at=1795000000.0, gap_s=2.0
    ),
    FrameResult("b.jpg", 2, None, 0, 0, error="not an image"),
]


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "faces.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, *(result.to_json() for result in RESULTS), "")

    found = list(read_records(path))

    assert [result.to_dict() for result in found] == [result.to_dict() for result in RESULTS]
    np.testing.assert_allclose(found[0].faces[0].inner_points(), face_points(), atol=0.006)


@pytest.mark.parametrize(("line", "said"), [
    ('{"schema": 1, "faces": []}', "a record of schema 1, expected schema 2"),
    ('{"schema": 99}', "schema 99, expected schema 2"),
    ("[]", "list in place of a JSON object"),
    ("[" * 200_000, "recursion"),
    ('{"schema": 2, "source": "a"}', "lacks"),
    ("not json", "Expecting value"),
])  # fmt: skip
def test_another_schema_or_file_is_one_line_that_names_the_place(tmp_path: Path, line: str, said: str) -> None:
    path = written(tmp_path, RESULTS[0].to_json(), line)

    with pytest.raises(RecordError, match=f"faces.jsonl, line 2: .*{said}") as caught:
        list(read_records(path))
    assert "\n" not in str(caught.value)


def test_a_face_that_is_cut_off_names_its_line(tmp_path: Path) -> None:
    record = json.loads(RESULTS[0].to_json())
    record["faces"][0]["points"] = record["faces"][0]["points"][:49]
    with pytest.raises(RecordError, match="line 1"):
        list(read_records(written(tmp_path, json.dumps(record))))


@pytest.mark.parametrize(("name", "value"), [
    ("pose", [1, 2, 3]), ("pose", {"yaw": 1}), ("points", [[1, 2, 3]] * 69), ("points", [[1e300, 1, 2]] * 70),
    ("points", [1.0] * 210), ("blink", [0.1]), ("blink", "01"), ("translation", "123"), ("gaze", [[0, 0]]),
    ("box", [[1, 2], [3, 4]]), ("score", None), ("score", "x"), ("smile", True), ("visible", []), ("id", "x"),
    ("expression", "hi"), ("expression", {"a": "b"}),
])  # fmt: skip
def test_a_face_with_a_value_of_another_kind_is_refused(tmp_path: Path, name: str, value: object) -> None:
    record = json.loads(RESULTS[0].to_json())
    record["faces"][0][name] = value
    with pytest.raises(RecordError, match=r"faces\.jsonl, line 1: "):
        list(read_records(written(tmp_path, json.dumps(record))))


@pytest.mark.parametrize(("name", "value"), [
    ("mirrored", "false"), ("mirrored", None), ("faces", {}), ("faces", "x"), ("frame", "x"), ("width", None),
    ("source", 5), ("time_s", "0"), ("gap_s", "x"), ("error", 5), ("started_at", 5),
])  # fmt: skip
def test_a_record_with_a_value_of_another_kind_is_refused(tmp_path: Path, name: str, value: object) -> None:
    record = json.loads(RESULTS[0].to_json()) | {name: value}
    with pytest.raises(RecordError, match=r"faces\.jsonl, line 1: "):
        list(read_records(written(tmp_path, json.dumps(record))))


def test_a_byte_order_mark_is_passed_over_and_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + RESULTS[0].to_json().encode() + b"\r\n\x80\x81\r\n")
    records = read_records(path)
    assert next(records).source == "a.mp4"
    with pytest.raises(RecordError, match="line 2: "):
        next(records)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        list(read_records(tmp_path / "none.jsonl"))
