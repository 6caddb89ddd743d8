"""Many images through processes: the same results as in threads, in order, and every failure in one line."""

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import smile_edge
import smile_edge.batch
import smile_edge.cli.image
import smile_edge.crew
from smile_edge.batch import Pair, process_images
from smile_edge.crew import process_images_apart
from smile_edge.errors import ModelError, SmileEdgeError, UsageError
from smile_edge.pipeline import FacePipeline

PORTRAIT = Path(smile_edge.__file__).parent / "assets" / "astronaut.jpg"
SETTINGS = {"provider": "cpu", "precision": "float32"}


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five images, the second broken."""
    paths = [tmp_path / f"{index}.jpg" for index in range(5)]
    for path in paths:
        path.write_bytes(PORTRAIT.read_bytes())
    paths[1].write_bytes(b"not an image")
    return paths


def test_processes_give_what_threads_give(paths: list[Path]) -> None:
    apart = list(process_images_apart(paths, SETTINGS))
    together = list(process_images(paths, FacePipeline(**SETTINGS), pictures=False))  # type: ignore[arg-type]

    assert [result.source for _, result in apart] == [str(path) for path in paths]
    assert [result.error is None for _, result in apart] == [True, False, True, True, True]
    for (frame, result), (_, expected) in zip(apart, together, strict=True):
        assert frame.image.size == 0
        assert len(result.faces) == len(expected.faces)
        for face, same in zip(result.faces, expected.faces, strict=True):
            np.testing.assert_allclose(face.points, same.points, atol=0.01)


def test_no_process_is_left_when_the_caller_stops_early(paths: list[Path]) -> None:
    results = process_images_apart(paths, SETTINGS)
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert not multiprocessing.active_children()


def test_models_that_cannot_be_opened_are_the_error_of_the_process(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No model"):
        list(process_images_apart(paths, {"models": tmp_path}))


def test_a_process_that_ends_too_early_is_one_line(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*arguments: Any) -> Iterator[Pair]:
        raise BrokenProcessPool("terminated\nabruptly")

    monkeypatch.setattr(smile_edge.crew, "in_order", ended)
    with pytest.raises(SmileEdgeError, match="use fewer workers") as caught:
        list(process_images_apart(paths, SETTINGS))
    assert "\n" not in str(caught.value)


def test_counts_below_one_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="batch=0"):
        process_images_apart([], SETTINGS, batch=0)


def test_the_command_gives_many_images_to_processes(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smile_edge.cli.image, "_WORTH_A_PROCESS", 2)
    monkeypatch.setattr(smile_edge.batch, "process_images", None)  # threads would fail

    command = ["image", "batch", str(tmp_path), "--jsonl", "-", "--workers", "2", "--provider", "cpu"]
    done = CliRunner().invoke(smile_edge.cli.app, command)

    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["source"] for record in records] == [str(path) for path in paths]
    assert [len(record["faces"]) for record in records] == [1, 0, 1, 1, 1]
    assert done.exit_code == 1  # one image is broken
