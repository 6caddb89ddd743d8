"""What commands run on: fake models, a clip, pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_world import World, face_points

from smile_edge.pipeline.models import Models
from smile_edge.runtime.report import ExecutionReport


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Models without files: one face in the middle of every picture."""
    world = World(lambda index: [face_points(x=160, y=120)])
    report = ExecutionReport("auto", "cpu", "no driver here", "fake", 1.0)
    models = Models(world, world, (("detector", report), ("landmarks", report)))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)
    return world


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Fifteen grey frames, 320x240."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for level in range(15):
        writer.write(np.full((240, 320, 3), 100 + level, np.uint8))
    writer.release()
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in (1, 2, 10):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((240, 320, 3), 100, np.uint8))
    return folder
