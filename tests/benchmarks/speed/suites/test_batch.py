"""A folder of images against the bare loop."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Child, Plan
from benchmarks.speed.registry import SUITES
from benchmarks.speed.suites.peers import MEDIAPIPE
from benchmarks.speed.suites.pictures import CAREFUL, FAST, picture_name


def test_image_batch_and_the_bare_loop_go_over_the_same_files(tmp_path):
    batch = SUITES["batch"]
    batch.prepare(Plan(tmp_path, quick=True))
    child = Child({"workers": 1}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    works = "bare imread loop", "bare simplejpeg loop", "image batch", "image batch --fast"
    rows = [batch.works[work](child) for work in works]
    assert [row["images"] for row in rows] == [16, 16, 16, 16]
    assert [row["faces_found"] for row in rows[2:]] == [4, 4]
    assert len({row["picture_kb"] for row in rows}) == 1
    assert all(row["cpu_ms"] > 0 for row in rows[2:])
    assert {model["obtained"] for model in child.used} == {"cpu"}


def test_single_pictures_are_looked_at_by_both_ways_and_by_the_peers_that_were_given(tmp_path):
    batch = SUITES["batch"]
    plan = Plan(tmp_path, quick=True)
    batch.prepare(plan)
    settings = [case.settings for case in batch.cases(plan) if case.work == "pictures"]
    rows = [
        batch.works["pictures"](Child(one, paths={}, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path)))
        for one in settings
    ]
    assert [(one["faces"], one["fast"]) for one in settings] == [(1, False), (1, True), (4, False), (4, True)]
    assert [row["faces_found"] for row in rows] == [1, 1, 4, 4]
    absent = {case.work: case.absent for case in batch.cases(plan) if case.work in ("mediapipe", "yunet")}
    assert "--setup-mediapipe" in absent["mediapipe"]
    assert "--yunet FILE" in absent["yunet"]


def test_the_peers_are_held_against_both_ways():
    rows = {
        picture_name(system, 4): {"value": value} for system, value in ((CAREFUL, 8.0), (FAST, 4.0), (MEDIAPIPE, 10.0))
    }
    assert {row["name"]: row["value"] for row in SUITES["batch"].derive(rows)} == {
        "MediaPipe Face Mesh over smile-edge, 640x480 picture, 4 faces": 1.25,
        "MediaPipe Face Mesh over smile-edge --fast, 640x480 picture, 4 faces": 2.5,
    }
