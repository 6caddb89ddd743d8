"""Results as supervision takes them; what asks for the library itself is passed over where it is not installed."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.errors import UsageError
from smile_edge.records import FrameResult
from smile_edge.sinks.supervision import to_detections, to_key_points
from smile_edge.topology import POINTS

BOX = np.array([10, 20, 30, 40], np.float32)
FACE = face_of(face_points(), score=0.75, box=BOX, id=7)
VISIBLE = np.full(POINTS, np.nan, np.float32)
VISIBLE[[30, 31]] = 0.9, 0.1
RESULT = FrameResult("demo", 3, 0.1, 320, 240, (FACE, replace(FACE, id=9, visible=VISIBLE)))
STILL = replace(RESULT, time_s=None)
NOBODY = replace(RESULT, faces=())


@pytest.fixture(params=["the library", "its shape"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "the library":
        return pytest.importorskip("supervision", reason="supervision is not installed")
    stand_in = SimpleNamespace(Detections=SimpleNamespace, KeyPoints=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "supervision", stand_in)
    return stand_in


def test_boxes_have_corners_scores_and_ids(library: Any) -> None:
    found = to_detections(RESULT)

    np.testing.assert_array_equal(found.xyxy, [[10, 20, 40, 60]] * 2)
    np.testing.assert_array_equal(found.confidence, np.float32([0.75, 0.75]))
    assert found.tracker_id.tolist() == [7, 9]
    assert found.class_id.tolist() == [0, 0]
    assert found.data["class_name"].tolist() == ["face", "face"]


def test_a_picture_has_no_ids(library: Any) -> None:
    assert to_detections(STILL).tracker_id is None


def test_points_that_are_not_given_or_covered_are_not_visible(library: Any) -> None:
    found = to_key_points(RESULT)

    assert found.xy.shape == (2, POINTS, 2)
    np.testing.assert_array_equal(found.xy[0, 30], FACE.points[30])
    np.testing.assert_array_equal(found.xy[0, 0], [0, 0])
    assert found.visible[:, [0, 30, 31]].tolist() == [[False, True, True], [False, True, False]]


def test_a_frame_without_faces_is_empty(library: Any) -> None:
    assert to_detections(NOBODY).xyxy.shape == (0, 4)
    assert to_key_points(NOBODY).xy.shape == (0, POINTS, 2)


def test_the_library_draws_what_was_made() -> None:
    supervision = pytest.importorskip("supervision", reason="supervision is not installed")
    image = np.zeros((240, 320, 3), np.uint8)

    assert supervision.BoxAnnotator().annotate(image.copy(), to_detections(RESULT)).any()
    assert supervision.VertexAnnotator().annotate(image.copy(), to_key_points(RESULT)).any()
    assert not supervision.VertexAnnotator().annotate(image.copy(), to_key_points(NOBODY)).any()


def test_without_the_library_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    for function in (to_detections, to_key_points):
        with pytest.raises(UsageError, match="pip install 'supervision"):
            function(RESULT)
