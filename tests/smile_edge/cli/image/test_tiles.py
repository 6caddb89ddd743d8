"""`image batch --tiles`."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_runs import error_line, records_in, run_cli
from fake_world import World, detection, face_points

from smile_edge.cli.options.large_and_crops import SIDES_PX
from smile_edge.detection import large_pictures
from smile_edge.types import Image


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A JPEG that is decoded at half its size where all of it is shrunk anyway."""
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), np.full((640, 1600, 3), 90, np.uint8))
    return path


def _tiled(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[int, ...], int]]:
    """The pictures that are looked at in tiles, with the side of these."""
    seen = []

    def detect_tiled(image: Image, side_px: int, *, threshold: float) -> list[object]:
        seen.append((image.shape, side_px))
        return [detection(face_points(x=160, y=120))]

    monkeypatch.setattr(world, "detect_tiled", detect_tiled, raising=False)
    return seen


@pytest.mark.parametrize(("given", "side_px"), [("auto", 640), ("512", 512)])
def test_large_pictures_are_looked_at_in_tiles_of_all_their_pixels(
    world: World, monkeypatch: pytest.MonkeyPatch, large: Path, given: str, side_px: int
) -> None:
    seen = _tiled(world, monkeypatch)

    done = run_cli("image", "batch", large, "--jsonl", "-", "--tiles", given)

    assert done.exit_code == 0, done.stderr
    assert seen == [((640, 1600, 3), side_px)]
    assert len(records_in(done.stdout)[0]["faces"]) == 1


@pytest.mark.parametrize("options", [[], ["--tiles", "off"]])
def test_without_tiles_pictures_are_looked_at_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch, large: Path, options: list[str]
) -> None:
    seen = _tiled(world, monkeypatch)

    assert run_cli("image", "batch", large, "--jsonl", "-", *options).exit_code == 0
    assert seen == []


def test_small_pictures_are_not_looked_at_in_tiles(
    world: World, monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    seen = _tiled(world, monkeypatch)

    assert run_cli("image", "batch", pictures, "--jsonl", "-", "--tiles", "auto").exit_code == 0
    assert seen == []


@pytest.mark.usefixtures("world")
def test_a_run_does_not_go_on_with_other_tiles(pictures: Path, tmp_path: Path) -> None:
    command = ("image", "batch", pictures, "--jsonl", tmp_path / "o.jsonl")
    run_cli(*command)

    assert "--tiles" in error_line(run_cli(*command, "--resume", "--tiles", "auto"))
    assert run_cli(*command, "--resume", "--tiles", "off").exit_code == 0


@pytest.mark.parametrize("given", ["on", "", "255", "2049", "-1", "640.0", "٦٤٠"])
def test_another_value_is_one_line(pictures: Path, given: str) -> None:
    said = error_line(run_cli("image", "batch", pictures, "--jsonl", "-", "--tiles", given))

    assert "--tiles must be auto, off, or the side of a tile from 256 to 2048 px" in said


def test_many_looks_and_one_do_not_go_together(pictures: Path) -> None:
    assert "--fast" in error_line(run_cli("image", "batch", pictures, "--jsonl", "-", "--tiles", "auto", "--fast"))


def test_the_command_line_knows_the_same_sides_as_python() -> None:
    assert (large_pictures.SMALLEST_SIDE_PX, large_pictures.LARGEST_SIDE_PX) == SIDES_PX
