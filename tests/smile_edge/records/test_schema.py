"""The JSON Schema of a record: what is written fits it, what is no record does not, and it names every key."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_world import face_of, face_points
from jsonschema import Draft202012Validator

from smile_edge import FacePipeline, Frame, open_source
from smile_edge.batch.runner import process_images
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import SCHEMA, Face, FrameResult, record_schema
from smile_edge.sources.demo import load_portrait

RECORD = record_schema()
FACE = RECORD["$defs"]["face"]
EXPRESSION = FACE["properties"]["expression"]["propertyNames"]["enum"]
VALIDATOR = Draft202012Validator(RECORD)

Record = dict[str, Any]

MEASURES = FaceMeasures(
    pose=Pose(-12.5, 8.25, 179.99),
    translation=(-20.5, 31.0, 640.0),
    blink=(0.0, 1.0),
    mouth_open=0.5,
    smile=1.0,
    gaze=((-1.0, 1.0), (0.25, -0.25)),
    expression=dict.fromkeys(EXPRESSION, 0.5),
)
EVERYTHING = Face(
    points=np.linspace(-9, 900, 140, dtype=np.float32).reshape(70, 2),
    sigma=np.linspace(0, 3, 70, dtype=np.float32),
    score=0.987,
    box=np.float32([-3, 4, 50, 60]),
    id=3,
    visible=np.linspace(0, 1, 70, dtype=np.float32),
    mirrored=True,
    given=MEASURES,
)
LIVE = FrameResult(
    source="camera:0",
    frame=812,
    time_s=27.0664,
    width=1280,
    height=720,
    faces=(EVERYTHING,),
    age_ms=4.127,
    dropped=2,
    mirrored=True,
    started_at=1795000000.25,
    gap_s=1.5,
    warning="the lower half is missing",
    error="not an image",
)
"""Every field is set, those too that do not come together."""


def written(result: FrameResult) -> Record:
    """The record as a reader of JSON lines gets it."""
    record: Record = json.loads(result.to_json())
    return record


def errors(record: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(record)]


@pytest.fixture(scope="module")
def pipeline() -> FacePipeline:
    return FacePipeline(provider="cpu")


def test_it_is_a_schema_of_the_version_that_is_written() -> None:
    Draft202012Validator.check_schema(RECORD)
    assert RECORD["properties"]["schema"]["const"] == SCHEMA


def test_each_call_gives_a_schema_of_its_own() -> None:
    record_schema()["properties"].clear()
    assert record_schema() == RECORD


@pytest.mark.usefixtures("_shipped_models")
@pytest.mark.parametrize("mirror", [False, True])
def test_records_of_the_demo_fit(pipeline: FacePipeline, mirror: bool) -> None:
    with open_source("demo?frames=60", mirror=mirror) as source:
        records = [written(pipeline.process(frame)) for frame in source]

    assert sum(len(record["faces"]) for record in records) >= 55
    assert [record["mirrored"] for record in records] == [mirror] * 60
    assert [error for record in records for error in errors(record)] == []


@pytest.mark.usefixtures("_shipped_models")
def test_records_of_a_live_source_and_of_a_single_image_fit(pipeline: FacePipeline) -> None:
    image, _ = load_portrait()
    live = written(pipeline.process(Frame(image, 7, 0.5, "camera:0", captured_s=0.0, started_at=1.8e9, gap_s=3.0)))
    still = written(pipeline.process(image))

    assert live["faces"]
    assert still["faces"]
    assert set(live) - set(still) == {"time_s", "age_ms", "dropped", "started_at", "gap_s"}
    assert errors(live) == errors(still) == []


@pytest.mark.usefixtures("_shipped_models")
def test_the_record_of_a_broken_image_fits(pipeline: FacePipeline, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"not an image")
    ((_, result),) = process_images([path], pipeline)
    record = written(result)

    assert record["error"]
    assert record["faces"] == []
    assert "time_s" not in record
    assert errors(record) == []


@pytest.mark.parametrize(
    "result",
    [
        LIVE,
        replace(LIVE, mirrored=False, faces=(EVERYTHING.with_sides_swapped(),)),
        replace(LIVE, faces=(face_of(face_points()),)),
        replace(LIVE, faces=(replace(EVERYTHING, given=FaceMeasures()),)),
        FrameResult("b.jpg", 2, None, 0, 0, error="not an image"),
    ],
    ids=["everything", "sides swapped", "49 points", "nothing measured", "broken"],
)
def test_made_results_fit(result: FrameResult) -> None:
    assert errors(written(result)) == []


def changed(change: Callable[[Record], object]) -> Record:
    record = written(LIVE)
    change(record)
    return record


def face_key(name: str, value: object) -> Callable[[Record], object]:
    return lambda record: record["faces"][0].update({name: value})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda record: record.update(schema=1), "$.schema"),
        (lambda record: record.update(frame="812"), "$.frame"),
        (lambda record: record.update(time_s=None), "$.time_s"),
        (lambda record: record.update(started_at="2026-11-18 11:06"), "$.started_at"),
        (lambda record: record.update(fps=30), "$"),
        (lambda record: record.pop("mirrored"), "$"),
        (lambda record: record["faces"][0]["points"].pop(), "$.faces[0].points"),
        (lambda record: record["faces"][0]["points"][5].pop(), "$.faces[0].points[5]"),
        (lambda record: record["faces"][0]["points"][5].append(1), "$.faces[0].points[5]"),
        (lambda record: record["faces"][0]["visible"].pop(), "$.faces[0].visible"),
        (lambda record: record["faces"][0].pop("gaze"), "$.faces[0]"),
        (lambda record: record["faces"][0]["pose"].pop("yaw"), "$.faces[0].pose"),
        (face_key("roll", 3.0), "$.faces[0]"),
        (face_key("score", 1.5), "$.faces[0].score"),
        (face_key("blink", [0.5, "open"]), "$.faces[0].blink[1]"),
        (face_key("blink", None), "$.faces[0].blink"),
        (face_key("nose", "x"), "$.faces[0].nose"),
        (face_key("expression", {"jawOpens": 0.5}), "$.faces[0].expression"),
    ],
)  # fmt: skip
def test_what_is_no_record_does_not_fit(change: Callable[[Record], object], path: str) -> None:
    found = errors(changed(change))

    assert len(found) == 1
    assert found[0].startswith(f"{path}: ")


def test_a_record_of_schema_1_does_not_fit() -> None:
    face = {"id": 0, "score": 0.9, "box": [0, 0, 9, 9], "points": [[1, 2, 0.5]] * 49, "roll": 0.0, "mouth_open": 0.1}
    record = {"schema": 1, "source": "a.mp4", "frame": 0, "time_s": 0.0, "age_ms": None, "dropped": 0, "faces": [face]}

    assert errors(record)


def test_the_schema_names_what_is_written_and_nothing_else() -> None:
    unset = [one.name for result in (LIVE, EVERYTHING) for one in fields(result) if getattr(result, one.name) is None]
    record = written(LIVE)
    (face,) = record["faces"]

    assert unset == []
    assert list(record) == list(RECORD["properties"])
    assert list(face) == list(FACE["properties"])
    assert list(face["pose"]) == list(FACE["properties"]["pose"]["properties"]) == list(Pose._fields)
    assert list(face["expression"]) == EXPRESSION


@pytest.mark.parametrize("described", [RECORD, FACE, FACE["properties"]["pose"]])
def test_every_field_says_what_it_is_and_when_it_is_left_out_or_null(described: Record) -> None:
    for name, field in described["properties"].items():
        text = field["description"]
        assert ("Left out: " in text) == (name not in described["required"]), name
        assert ("Null: " in text) == ("null" in json.dumps(resolved(field))), name


def resolved(field: object) -> object:
    """The field with its references replaced by what they lead to."""
    if isinstance(field, list):
        return [resolved(one) for one in field]
    if not isinstance(field, dict):
        return field
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return {} if name == "face" else resolved(RECORD["$defs"][name])
    return {key: resolved(value) for key, value in field.items() if key != "description"}
