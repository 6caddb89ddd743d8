"""Many images through processes: the same results as in threads, in order, and every loss of a process made good."""

import multiprocessing
import multiprocessing.synchronize
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from portraits import PORTRAIT, write_portraits
from processes import is_alive, wait_until
from repository import ROOT
from spoiled_images import spoil_workers

from smile_edge.batch.process_pool import ProcessPool
from smile_edge.batch.runner import process_images
from smile_edge.batch.worker_process import WorkerProcess
from smile_edge.errors import ModelError, UsageError, WorkerError
from smile_edge.pipeline.face_pipeline import FacePipeline

SETTINGS = {"provider": "cpu", "precision": "float32"}
has_signals = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills and stops processes by signals")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five images, the second broken."""
    return write_portraits(tmp_path)


def portraits(folder: Path, *names: str) -> list[Path]:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(PORTRAIT.read_bytes())
    return [folder / name for name in names]


def test_processes_give_what_threads_give(paths: list[Path]) -> None:
    together = list(process_images(paths, FacePipeline(**SETTINGS), pictures=False))  # type: ignore[arg-type]

    with ProcessPool(2) as pool:
        apart = list(pool.process_images(paths, SETTINGS, batch=1))

    assert [result.source for _, result in apart] == [str(path) for path in paths]
    assert [result.error is None for _, result in apart] == [True, False, True, True, True]
    for (frame, result), (_, expected) in zip(apart, together, strict=True):
        assert frame.image.size == 0
        assert len(result.faces) == len(expected.faces)
        for face, same in zip(result.faces, expected.faces, strict=True):
            np.testing.assert_allclose(face.points, same.points, atol=0.01)


def test_the_precision_that_one_process_chose_is_that_of_all(paths: list[Path]) -> None:
    with ProcessPool(1) as pool:
        reports = pool.open({"provider": "cpu", "precision": "auto"})

        assert pool._settings["precision"] in {report.precision for report in reports.values()}


def test_no_process_is_left_when_the_caller_stops_early(paths: list[Path]) -> None:
    with ProcessPool(2) as pool:
        results = pool.process_images(paths, SETTINGS)
        next(results)
        assert len(multiprocessing.active_children()) == 2

    assert not multiprocessing.active_children()


def test_models_that_a_process_cannot_open_are_its_error(paths: list[Path], tmp_path: Path) -> None:
    with ProcessPool(2) as pool, pytest.raises(ModelError, match="No model"):
        list(pool.process_images(paths, {"models": tmp_path}, batch=1))


@has_signals
def test_an_image_that_kills_or_holds_up_two_processes_is_an_error_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_workers(tmp_path / "site", monkeypatch)
    paths = portraits(tmp_path / "images", "a.jpg", "lethal.jpg", "b.jpg", "hanging.jpg", "once.jpg", "c.jpg")

    with ProcessPool(2) as pool:
        results = [result for _, result in pool.process_images(paths, SETTINGS, batch=2, timeout_s=5)]

    assert [result.source for result in results] == [str(path) for path in paths]
    assert [len(result.faces) for result in results] == [1, 0, 1, 0, 1, 1]
    assert results[1].error == f"{paths[1]}: the worker process was ended by SIGKILL (out of memory?), tried twice"
    assert results[3].error == f"{paths[3]}: no result within 5 s, tried twice"
    assert not multiprocessing.active_children()


@has_signals
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_process_that_is_killed_costs_no_image(paths: list[Path], number: signal.Signals) -> None:
    with ProcessPool(2) as pool:
        results = pool.process_images(paths * 4, SETTINGS, batch=1)
        first = next(results)
        for child in multiprocessing.active_children():
            assert child.pid is not None
            os.kill(child.pid, number)
        found = [first, *results]

    assert [result.frame for _, result in found] == list(range(20))
    assert [len(result.faces) for _, result in found] == [1, 0, 1, 1, 1] * 4


@has_signals
def test_a_process_that_is_stopped_is_replaced(paths: list[Path]) -> None:
    with ProcessPool(1) as pool:
        results = pool.process_images(paths, SETTINGS, batch=1, timeout_s=2)
        first = next(results)
        pid = multiprocessing.active_children()[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        found = [first, *results]

    assert [len(result.faces) for _, result in found] == [1, 0, 1, 1, 1]
    assert not is_alive(pid)


def test_processes_that_the_system_refuses_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: WorkerProcess) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(WorkerProcess, "__init__", refused)
    with pytest.raises(WorkerError, match="cannot be started: Resource temporarily unavailable"):
        ProcessPool(2)


def test_processes_need_no_shared_memory(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", refused)
    with ProcessPool(1) as pool:
        assert len(list(pool.process_images(paths, SETTINGS))) == 5


def test_no_workers_batches_of_none_and_timeouts_of_none_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="workers must be at least 1"):
        ProcessPool(0)
    with ProcessPool(1) as pool:
        with pytest.raises(UsageError, match="batch=0"):
            pool.process_images([], SETTINGS, batch=0)
        for timeout_s in (0, -1, float("nan"), float("inf"), 10**20, "5"):
            with pytest.raises(UsageError, match="timeout_s must be a number of seconds"):
                pool.process_images([], SETTINGS, timeout_s=timeout_s)  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc which processes live")
def test_a_killed_run_leaves_no_worker_behind(tmp_path: Path) -> None:
    code = (
        "import time; from smile_edge.batch.process_pool import ProcessPool\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPool(1); pool.open({'provider': 'cpu'})\n"
        "    import multiprocessing; print(multiprocessing.active_children()[0].pid, flush=True); time.sleep(60)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        assert run.stdout is not None
        worker = int(run.stdout.readline())
        run.kill()
    assert wait_until(lambda: not is_alive(worker))


@pytest.mark.skipif(sys.platform != "linux", reason="mounts need Linux")
def test_a_run_without_dev_shm_has_its_processes(paths: list[Path]) -> None:
    hidden = "mount -t tmpfs -o ro none /dev/shm && exec"
    code = "from multiprocessing import Lock; Lock()"
    probe = ["unshare", "-m", "sh", "-c", f'{hidden} "$0" -c "{code}"', sys.executable]
    try:
        failed = subprocess.run(probe, capture_output=True, text=True, timeout=60)
    except OSError:
        pytest.skip("no unshare here")
    if "Read-only" not in failed.stderr and "Error" not in failed.stderr:
        pytest.skip("a mount of its own is not permitted here")
    words = ["-m", "smile_edge", "image", "batch", "--jsonl", "-", "--provider", "cpu", "--timeout", "60"]
    run = ["unshare", "-m", "sh", "-c", f'{hidden} "$0" "$@"', sys.executable, *words, *map(str, paths)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 5
    assert done.stderr.startswith("5 of 5 images")
