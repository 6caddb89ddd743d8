"""Labelled faces that stay uncovered, over scenes that are made here."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.accuracy.hiding.clips import with_gaps_filled
from benchmarks.accuracy.hiding.report import tables
from benchmarks.accuracy.hiding.scenes import uncovered_in_scenes
from smile_edge.geometry.heads import Head
from smile_edge.types import Image
from train.data.samples import SceneSample


@pytest.fixture
def scene(tmp_path: Path) -> SceneSample:
    """A bright face of 60 px, one of 10 px, and one to ignore."""
    path = tmp_path / "scene.png"
    image = np.zeros((200, 300, 3), np.uint8)
    image[40:100, 50:90] = 255
    cv2.imwrite(str(path), image)
    boxes = np.array([[50, 40, 40, 60], [200, 20, 8, 10], [200, 100, 40, 60]], np.float32)
    return SceneSample(path, boxes, "scene", "made", np.zeros((3, 5, 2), np.float32), np.array([False, False, True]))


def bright_head(sample: SceneSample, image: Image, quarters: int) -> list[Head]:
    rows, columns = np.nonzero(image[..., 0])
    half_width, half_height = np.ptp(columns) / 2, np.ptp(rows) / 2
    return [Head(columns.mean(), rows.mean(), half_width, half_height, 0.0)]


def test_only_faces_that_count_are_counted_upright_and_turned(scene: SceneSample) -> None:
    systems = {"all": bright_head, "none": lambda *_: [], "upright": lambda s, i, q: None if q else []}

    found = uncovered_in_scenes(systems, [scene])

    assert (found["pictures"], found["faces"]) == (1, 1)
    assert [row["uncovered"] for row in found["systems"]["all"].values()] == [0, 0, 0]
    assert [row["uncovered"] for row in found["systems"]["none"].values()] == [100, 100, 100]
    assert list(found["systems"]["upright"]) == ["0"]
    assert found["systems"]["all"]["90"]["false_cover"] == 0


def test_the_tables_say_every_system_and_turn(scene: SceneSample) -> None:
    results = {"scenes": uncovered_in_scenes({"all": bright_head}, [scene]), "pack": "made", "min_score": 0.1}
    results["clips"] = {"a.mkv": {"frames": 9, "uncovered": 0, "reported": 4}}
    text = tables(results)
    assert text.count("| all |") == 3
    assert "| a.mkv | 9 | 0 | 4 |" in text


def test_a_face_that_a_frame_lacks_between_two_that_show_it_is_put_between() -> None:
    box = np.array([0.0, 0.0, 40.0, 60.0])
    filled = with_gaps_filled({0: [box], 1: [], 2: [box + np.array([8, 0, 0, 0])], 3: []})
    assert filled[1][0].tolist() == [4, 0, 40, 60]
    assert filled[3] == []
    far = with_gaps_filled({0: [box], 1: [], 2: [box + np.array([100, 0, 0, 0])]})
    assert far[1] == []
