"""Many images: order, broken ones, bounded memory."""

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_world import World, face_points

import smile_edge.batch
from smile_edge.batch import process_images
from smile_edge.errors import ImageError, UsageError
from smile_edge.pipeline import FacePipeline
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

    def read(path: Path) -> np.ndarray:
        started.append(path)
        return np.array(world.frame(0).image)

    monkeypatch.setattr(smile_edge.batch, "read_image", read)
    results = process_images(
        [Path(str(index)) for index in range(100)], FacePipeline(world.models()), workers=2, batch=4
    )

    next(results)

    assert len(started) <= 4 + 2 * 2 + 1
    results.close()  # type: ignore[attr-defined]


def test_no_thread_is_left_when_the_caller_stops_early(world: World, paths: list[Path]) -> None:
    results = process_images(paths, FacePipeline(world.models()))
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


@pytest.mark.parametrize("name", ["workers", "batch"])
def test_counts_below_one_are_usage_errors(world: World, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}=0"):
        process_images([], FacePipeline(world.models()), **{name: 0})
