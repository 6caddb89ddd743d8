"""Names of files in records."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from black_frames import FRAME
from fake_world import face_of
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME

from smile_edge.errors import RecordError
from smile_edge.records import FrameResult, read_records
from smile_edge.records.names import escaped_name, plain_text, unescaped_name
from smile_edge.sinks import CsvSink, JsonlSink

ODD = (
    *("a\nb.jpg", 'a\r\nb,"c".jpg', "caf\udce9.jpg", r"a\xff.jpg", r"C:\xab\x5c.jpg", "tab\t.jpg", "\udc80\udcff"),
    "ä顔.jpg",
)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("one_line", [False, True])
def test_a_name_comes_back_from_its_escape(name: str, one_line: bool) -> None:
    escaped = escaped_name(name, one_line=one_line)
    escaped.encode()
    assert unescaped_name(escaped) == name
    assert not one_line or escaped.splitlines() == [escaped]


def test_ordinary_names_stand_for_themselves() -> None:
    for name in ("a.jpg", "Größe 顔 %20.png", r"C:\photos\y.jpg"):
        assert escaped_name(name, one_line=True) == name
    assert escaped_name("caf\udce9.jpg") == r"caf\xe9.jpg"
    assert plain_text("caf\udce9.jpg: empty") == r"caf\xe9.jpg: empty"


@SAME_EACH_TIME
@given(st.binary(max_size=60).map(lambda data: data.replace(b"\\x", b"\\\\x") + data))
def test_any_bytes_come_back(data: bytes) -> None:
    name = data.decode("utf-8", "surrogateescape")
    for one_line in (False, True):
        escaped = escaped_name(name, one_line=one_line)
        escaped.encode()
        assert unescaped_name(escaped) == name


def result(name: str) -> FrameResult:
    face = face_of(np.zeros((49, 2), np.float32))
    return FrameResult(name, 0, None, 64, 48, (face,), warning=f"{name}: cut")


@pytest.mark.parametrize("name", ODD)
def test_outputs_are_utf8_and_a_row_is_a_line(tmp_path: Path, name: str) -> None:
    with JsonlSink(tmp_path / "o.jsonl") as lines, CsvSink(tmp_path / "o.csv") as table:
        for sink in (lines, table):
            sink.write(FRAME, result(name))
    (line,) = (tmp_path / "o.jsonl").read_text("utf-8").splitlines()
    json.dumps(json.loads(line), ensure_ascii=False).encode()
    rows = (tmp_path / "o.csv").read_text("utf-8").splitlines()
    assert len(rows) == 2
    assert unescaped_name(list(csv.reader(rows))[1][0]) == name
    (read,) = read_records(tmp_path / "o.jsonl")
    assert read.source == name


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def refusal(path: Path) -> str | None:
    """What is said of a file of records; None where it is read."""
    try:
        list(read_records(path))
    except RecordError as error:
        return str(error)
    return None


@SAME_EACH_TIME
@given(st.sampled_from(sorted(json.loads(result("a.jpg").to_json()))), JSON_VALUES)
def test_a_record_with_any_value_in_a_field_is_read_or_refused_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: object
) -> None:
    path = tmp_path_factory.mktemp("records") / "a.jsonl"
    path.write_text(json.dumps(json.loads(result("a.jpg").to_json()) | {field: value}), "utf-8")
    said = refusal(path)
    assert said is None or (f"{path}, line 1" in said and "\n" not in said)


@SAME_EACH_TIME
@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_a_record_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("records") / "a.jsonl"
    path.write_bytes(data)
    said = refusal(path)
    assert said is None or str(path) in said
