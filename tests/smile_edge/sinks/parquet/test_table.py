"""Faces as an Arrow table."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import Frame, FrameResult
from smile_edge.records.names import unescaped_name
from smile_edge.sinks import CsvSink
from smile_edge.sinks.parquet import faces_schema, faces_table
from smile_edge.topology import TOPOLOGY_70

pytest.importorskip("pyarrow", reason="the extra `parquet`")

FACE = face_of(face_points())
SHOWN = replace(FACE, visible=np.linspace(0, 1, 70, dtype=np.float32))
NOTHING = Frame(np.empty((0, 0, 3), np.uint8))


def result(number: int, *faces: object, **fields: object) -> FrameResult:
    return FrameResult(f"{number}.jpg", number, None, 64, 48, faces, **fields)  # type: ignore[arg-type]


def test_there_is_a_row_a_face_and_one_for_an_image_without_any() -> None:
    rows = faces_table([result(0, FACE, FACE), result(1), result(2, error="broken"), result(3, FACE)]).to_pylist()

    assert [(row["frame"], row["faces"], row["error"]) for row in rows] == [
        *[(0, 2, None)] * 2,
        (1, 0, None),
        (2, 0, "broken"),
        (3, 1, None),
    ]
    assert [row["score"] is None and row["points_x"] is None and row["id"] is None for row in rows] == [
        *(False, False, True, True, False)
    ]


def test_what_is_not_known_is_null_and_never_nan() -> None:
    row, shown = faces_table([result(0, FACE, SHOWN)]).to_pylist()

    known = np.isfinite(FACE.sigma).tolist()
    assert [value is not None for value in row["points_x"]] == known
    assert [value is not None for value in row["sigma"]] == known
    assert row["visible"] is None
    assert shown["visible"][69] == 1
    assert row["gaze_left_x"] is None


def test_numbers_are_those_of_the_csv(tmp_path: Path) -> None:
    found = result(0, SHOWN)
    with CsvSink(tmp_path / "o.csv") as sink:
        sink.write(NOTHING, found)
    text = next(csv.DictReader((tmp_path / "o.csv").read_text().splitlines()))
    table = faces_table([found])

    row = table.to_pylist()[0]
    scalars = [name for name in text if name in row and text[name] and name not in ("source", "mirrored", "error")]
    assert len(scalars) > 15
    assert {name: row[name] for name in scalars} == pytest.approx(
        {name: float(text[name]) for name in scalars}, abs=0.006
    )
    for place, name in enumerate(TOPOLOGY_70.names):
        for column, part in (("points_x", "x"), ("points_y", "y"), ("sigma", "sigma"), ("visible", "visible")):
            cell = text[f"{name}_{part}"]
            assert row[column][place] == (pytest.approx(float(cell), abs=0.006) if cell else None)


def test_columns_have_types_whatever_they_hold() -> None:
    for results in ([], [result(0)], [result(0, FACE)]):
        assert faces_table(results).schema.equals(faces_schema(), check_metadata=True)
    kinds = {field.name: str(field.type) for field in faces_schema()}
    assert (kinds["frame"], kinds["yaw"], kinds["mirrored"]) == ("int64", "float", "bool")
    assert kinds["points_x"] == "list<element: float>"


def test_the_schema_names_its_version_and_the_points() -> None:
    metadata = faces_schema(run={"--fast": True}).metadata
    assert metadata[b"smile_edge.schema"] == b"2"
    assert tuple(json.loads(metadata[b"smile_edge.points"])) == TOPOLOGY_70.names
    assert json.loads(metadata[b"smile_edge.run"]) == {"--fast": True}


def test_expressions_are_a_struct_where_asked_for() -> None:
    said = {name: number / 100 for number, name in enumerate(COEFFICIENTS)}
    measures = FACE.measures._replace(expression={**said, "jawOpen": float("nan")})
    results = [result(0, replace(FACE, given=measures), FACE), result(1)]

    first, second, third = faces_table(results, expression=True).column("expression").to_pylist()

    assert first.pop("jawOpen") is None
    assert first == pytest.approx({name: value for name, value in said.items() if name != "jawOpen"})
    assert (second, third) == (None, None)
    assert "expression" not in faces_table(results).schema.names


@pytest.mark.parametrize("name", ["caf\udce9.jpg", "back\\xff.jpg", "a\nb\0.jpg", "ö"])
def test_names_of_any_bytes_come_through(name: str) -> None:
    found = replace(result(0), source=name, error=f"{name}: broken")
    row = faces_table([found]).to_pylist()[0]
    assert unescaped_name(row["source"]) == name
    assert row["error"].endswith(": broken")
