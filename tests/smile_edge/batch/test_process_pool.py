"""Many images through processes: the same results as in threads, in order, and every failure in one line."""

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portraits import write_portraits
from repository import ROOT

import smile_edge.batch.runner
from smile_edge.batch.process_pool import ProcessPool
from smile_edge.batch.runner import Chunk, Pair, look_at, process_images
from smile_edge.errors import ModelError, SmileEdgeError, UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline

SETTINGS = {"provider": "cpu", "precision": "float32"}


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five images, the second broken."""
    return write_portraits(tmp_path)


@pytest.fixture(scope="module")
def pipeline() -> FacePipeline:
    return FacePipeline(**SETTINGS)  # type: ignore[arg-type]


def test_a_crew_gives_what_threads_give_and_everyone_has_a_part(
    paths: list[Path], pipeline: FacePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = list(process_images(paths, pipeline, pictures=False))
    here: list[Chunk] = []

    def look(chunk: Chunk, pipeline: FacePipeline, pictures: bool) -> list[Pair]:
        here.append(chunk)
        return look_at(chunk, pipeline, pictures)

    monkeypatch.setattr(smile_edge.batch.runner, "look_at", look)
    with ProcessPool(2) as crew:
        apart = list(crew.process_images(paths, pipeline, SETTINGS, batch=1))

    assert 0 < len(here) < len(paths)
    assert [result.source for _, result in apart] == [str(path) for path in paths]
    assert [result.error is None for _, result in apart] == [True, False, True, True, True]
    for (frame, result), (_, expected) in zip(apart, together, strict=True):
        assert frame.image.size == 0
        assert len(result.faces) == len(expected.faces)
        for face, same in zip(result.faces, expected.faces, strict=True):
            np.testing.assert_allclose(face.points, same.points, atol=0.01)


def test_no_process_is_left_when_the_caller_stops_early(paths: list[Path], pipeline: FacePipeline) -> None:
    with ProcessPool(3) as crew:
        results = crew.process_images(paths, pipeline, SETTINGS)
        next(results)
        assert len(multiprocessing.active_children()) == 2

    assert not multiprocessing.active_children()


def test_models_that_another_process_cannot_open_are_its_error(
    paths: list[Path], pipeline: FacePipeline, tmp_path: Path
) -> None:
    with ProcessPool(2) as crew, pytest.raises(ModelError, match="No model"):
        list(crew.process_images(paths, pipeline, {"models": tmp_path}, batch=1))


def test_a_process_that_ends_too_early_is_one_line(
    paths: list[Path], pipeline: FacePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*arguments: Any) -> Iterator[Pair]:
        raise BrokenProcessPool("terminated\nabruptly")

    monkeypatch.setattr(smile_edge.batch.runner, "in_order", ended)
    with ProcessPool(2) as crew, pytest.raises(SmileEdgeError, match="use fewer workers") as caught:
        list(crew.process_images(paths, pipeline, SETTINGS))
    assert "\n" not in str(caught.value)


def test_a_crew_of_one_and_batches_of_none_are_usage_errors(pipeline: FacePipeline) -> None:
    with pytest.raises(UsageError, match="workers must be at least 2"):
        ProcessPool(1)
    with ProcessPool(2) as crew, pytest.raises(UsageError, match="batch=0"):
        crew.process_images([], pipeline, SETTINGS, batch=0)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc which processes live")
def test_a_killed_run_leaves_no_worker_behind(paths: list[Path], tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from smile_edge.batch.process_pool import ProcessPool\n"
        "if __name__ == '__main__':\n"
        "    crew = ProcessPool(2); crew._others.submit(int).result()\n"
        "    import multiprocessing; print(multiprocessing.active_children()[0].pid, flush=True); time.sleep(60)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        assert run.stdout is not None
        worker = int(run.stdout.readline())
        run.kill()
    deadline = time.monotonic() + 20
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
