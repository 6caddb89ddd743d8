"""Large images one at a time."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from smile_edge.imaging.memory_turn import LARGE_BYTES, _lock, forget_turns, memory_turn


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_small_images_wait_for_nobody(tmp_path: Path) -> None:
    with memory_turn() as turn:
        turn.claim(LARGE_BYTES - 1)
        assert not turn.taken
        assert not list(tmp_path.iterdir())


def test_a_second_large_image_waits_for_the_first() -> None:
    order: list[str] = []
    holds, wanted = threading.Event(), threading.Event()

    def second() -> None:
        holds.wait(30)
        with memory_turn() as turn:
            wanted.set()
            turn.claim(LARGE_BYTES)
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with memory_turn() as turn:
        turn.claim(LARGE_BYTES)
        holds.set()
        assert wanted.wait(30)
        thread.join(0.1)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_turn_within_a_turn_is_the_same_one(tmp_path: Path) -> None:
    with memory_turn() as outer, memory_turn() as inner:
        outer.claim(LARGE_BYTES)
        inner.claim(LARGE_BYTES)
        assert inner.taken
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="asks for flock")
def test_a_process_that_dies_gives_its_turn_back(tmp_path: Path) -> None:
    code = (
        "import os; from smile_edge.imaging import memory_turn as m;"
        f"m._lock(m.Path({str(tmp_path / f'smile-edge-{os.getpid()}.lock')!r})); os._exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 1
    [left] = tmp_path.iterdir()
    descriptor = _lock(left)
    assert descriptor is not None
    os.close(descriptor)


def test_what_a_dead_process_left_is_removed_once_the_workers_have_ended(tmp_path: Path) -> None:
    (tmp_path / f"smile-edge-{os.getpid()}.lock").touch()
    forget_turns()
    forget_turns()
    assert not list(tmp_path.iterdir())


def test_a_run_without_worker_processes_leaves_no_file(tmp_path: Path) -> None:
    with memory_turn() as turn:
        turn.claim(LARGE_BYTES)
        assert turn.taken
        assert not list(tmp_path.iterdir())
