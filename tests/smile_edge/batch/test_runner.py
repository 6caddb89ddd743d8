"""Many images: order, broken ones, bounded memory."""

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_world import World, face_points

import smile_edge.batch.runner
from smile_edge.batch.runner import process_images
from smile_edge.errors import ImageError, UsageError
from smile_edge.imaging.crops import Item
from smile_edge.imaging.decode import StillImage
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.records import Frame, FrameResult


@pytest.fixture
def world() -> World:
    return World(lambda index: [face_points()])


@pytest.fixture
def paths(tmp_path: Path, world: World) -> list[Path]:
    """Seven images, the third broken, the sixth missing."""
    paths = [tmp_path / f"{index}.png" for index in range(7)]
    for path in paths:
        cv2.imwrite(str(path), world.frame(0).image)
    paths[2].write_bytes(b"not an image")
    paths[5].unlink()
    return paths


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (3, 2), (2, 100)])
def test_results_come_in_order_and_broken_images_are_records(
    world: World, paths: list[Path], workers: int, batch: int
) -> None:
    pairs = list(process_images(paths, FacePipeline(world.models()), workers=workers, batch=batch))

    assert [result.source for _, result in pairs] == [str(path) for path in paths]
    assert [result.frame for _, result in pairs] == list(range(7))
    assert [len(result.faces) for _, result in pairs] == [1, 1, 0, 1, 1, 0, 1]
    errors = [result.error for _, result in pairs]
    assert [error is not None for error in errors] == [False, False, True, False, False, True, False]
    assert "2.png" in str(errors[2])
    assert "\n" not in str(errors[2])
    assert all(frame.index == result.frame for frame, result in pairs)


def test_an_image_that_breaks_the_batch_spoils_only_itself(world: World, paths: list[Path]) -> None:
    class Fragile(FacePipeline):
        def process_batch(self, frames: Sequence[Frame]) -> list[FrameResult]:
            if any(frame.index == 3 for frame in frames):
                raise ImageError("too odd")
            return super().process_batch(frames)

    pairs = list(process_images(paths, Fragile(world.models()), batch=4))

    assert [result.error for _, result in pairs if result.frame in (0, 1, 3, 4)] == [None, None, "too odd", None]


def test_only_a_few_images_are_decoded_ahead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def read(path: Path, *_: object) -> StillImage:
        started.append(path)
        return StillImage(np.array(world.frame(0).image))

    monkeypatch.setattr(smile_edge.batch.runner, "read_still", read)
    results = process_images(
        [Path(str(index)) for index in range(100)], FacePipeline(world.models()), workers=2, batch=4
    )

    next(results)

    assert len(started) <= 4 * (2 + 1)
    results.close()  # type: ignore[attr-defined]


def test_no_thread_is_left_when_the_caller_stops_early(world: World, paths: list[Path]) -> None:
    results = process_images(paths, FacePipeline(world.models()))
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch")]


def test_workers_look_at_the_same_time(world: World, paths: list[Path]) -> None:
    together = threading.Barrier(2, timeout=60)

    class Meeting(FacePipeline):
        def process_batch(self, frames: Sequence[Frame]) -> list[FrameResult]:
            together.wait()
            return super().process_batch(frames)

    pairs = list(process_images([paths[0], paths[1]], Meeting(world.models()), workers=2, batch=1))

    assert [len(result.faces) for _, result in pairs] == [1, 1]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A black JPEG of 2560x1920."""
    path = tmp_path / "large.jpg"
    cv2.imwrite(str(path), np.zeros((1920, 2560, 3), np.uint8))
    return path


def _shapes_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[int, ...]]]:
    shapes: list[list[tuple[int, ...]]] = []
    landmarks = world.landmarks

    def look(items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        shapes.append([image.shape[:2] for image, _ in items])
        return landmarks(items, passes, flip_test)

    monkeypatch.setattr(world, "landmarks", look)
    return shapes


def test_a_large_jpeg_is_looked_at_in_a_quarter_of_its_size_and_told_in_its_own(
    world: World, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = _shapes_looked_at(world, monkeypatch)

    [(frame, result)] = process_images([large], FacePipeline(world.models()), pictures=False)

    assert {shape for one in shapes for shape in one} == {(480, 640)}
    assert frame.image.size == 0
    assert (result.width, result.height) == (2560, 1920)
    face = result.faces[0]
    at_a_quarter = FacePipeline(world.models()).process(world.frame(0).image).faces[0]  # this world knows no sizes
    np.testing.assert_allclose(face.points, 4 * at_a_quarter.points + 1.5)
    np.testing.assert_array_equal(face.sigma, 4 * at_a_quarter.sigma)
    np.testing.assert_allclose(face.box, 4 * at_a_quarter.box + [1.5, 1.5, 0, 0])
    np.testing.assert_allclose(face.pose, at_a_quarter.pose, atol=1e-3)
    np.testing.assert_allclose(face.nose, 4 * np.array(at_a_quarter.nose) + 1.5)
    assert face.translation[2] == pytest.approx(at_a_quarter.translation[2] * 640 / 320 / 4 * 4, rel=1e-3)


@pytest.mark.parametrize(("fast", "shape"), [(False, (1920, 2560)), (True, (480, 640))])
def test_small_faces_of_a_large_jpeg_are_looked_at_in_all_its_pixels_unless_it_is_to_be_fast(
    world: World, large: Path, monkeypatch: pytest.MonkeyPatch, fast: bool, shape: tuple[int, int]
) -> None:
    shapes = _shapes_looked_at(world, monkeypatch)
    world.native_px = 100.0
    world.at = lambda index: [face_points(x=200.5, y=200.5)]

    [(_, result)] = process_images([large], FacePipeline(world.models(), fast=fast), pictures=False)

    assert shapes[-1] == [shape]
    assert (result.width, result.height, len(result.faces)) == (2560, 1920, 1)


def test_pictures_that_are_asked_for_come_in_full(world: World, large: Path) -> None:
    [(frame, result)] = process_images([large], FacePipeline(world.models()))

    assert frame.image.shape == (1920, 2560, 3)
    np.testing.assert_array_equal(result.faces[0].inner_points(), face_points())


@pytest.mark.parametrize("name", ["workers", "batch"])
def test_counts_below_one_are_usage_errors(world: World, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}=0"):
        process_images([], FacePipeline(world.models()), **{name: 0})
