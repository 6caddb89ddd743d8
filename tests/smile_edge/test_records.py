"""The record that every sink writes."""

import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from smile_edge.records import SCHEMA, Face, FrameResult


def _face() -> Face:
    points = np.arange(98, dtype=np.float32).reshape(49, 2) / 3
    return Face(points, np.full(49, 0.125, np.float32), 0.98765, np.float32([1, 2, 30, 40]), id=3)


def test_record_holds_the_keys_of_the_schema_in_order() -> None:
    record = FrameResult("camera:0", 812, 27.066, 1280, 720, (_face(),), age_ms=4.127).to_dict()

    assert list(record) == [
        "schema", "source", "frame", "time_s", "age_ms", "dropped", "width", "height", "faces",
    ]  # fmt: skip
    assert record["schema"] == SCHEMA
    assert record["age_ms"] == 4.13
    assert list(record["faces"][0]) == [
        "id", "score", "box", "points", "left_eye", "right_eye", "nose", "mouth", "roll", "eye_open", "mouth_open",
    ]  # fmt: skip


def test_points_carry_their_sigma_and_are_rounded_to_a_hundredth() -> None:
    points = _face().to_dict()["points"]

    assert len(points) == 49
    assert points[1] == [0.67, 1.0, 0.12]


def test_what_follows_from_the_points_follows_them() -> None:
    face = _face()
    moved = replace(face, points=face.points + np.float32([5, -3]))

    assert moved.nose == pytest.approx((face.nose[0] + 5, face.nose[1] - 3), abs=1e-4)
    assert moved.roll == pytest.approx(face.roll, abs=1e-4)
    assert moved.to_dict()["roll"] == round(moved.roll, 2)


def test_json_is_one_line_that_reads_back() -> None:
    result = FrameResult("demo", 0, 0.0, 64, 48, (_face(),))

    text = result.to_json()

    assert "\n" not in text
    assert json.loads(text) == result.to_dict()


def test_error_appears_only_where_there_is_one() -> None:
    result = FrameResult("a.jpg", 0, 0.0, 0, 0)

    assert "error" not in result.to_dict()
    assert replace(result, error="not an image").to_dict()["error"] == "not an image"


def test_records_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        _face().id = 4  # type: ignore[misc]
