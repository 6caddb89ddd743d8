"""Ctrl-C, once or often, and SIGTERM at any moment: quiet, in time, with complete files and the exit code of before."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest
from many_pictures import fill_with_pictures
from program_runs import DEMO, ended, environment, lines_of, start, wait_until
from videos import kept_times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, which only Linux has")

MOST_S = 2.0
SLACK_S = 2.0
"""A busy machine takes longer to end a process than the two seconds that the program takes."""


def interrupt_often(process: subprocess.Popen[str]) -> None:
    """Ctrl-C until it has ended."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)


def at(moment: str) -> str:
    """The program, which sends itself SIGINT again and again from where it starts to import a module."""
    return f"""import os, signal, sys, threading, time
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {moment!r} and self in sys.meta_path:
            sys.meta_path.remove(self)
            threading.Thread(target=storm, daemon=True).start()
            time.sleep(0.05)
def storm():
    while True:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.005)
sys.meta_path.insert(0, Finder())
from smile_edge.__main__ import main
main()"""


@pytest.mark.parametrize("module", ["typer", "numpy", "onnxruntime", "smile_edge.sinks.jsonl"])
def test_repeated_ctrl_c_while_it_starts_is_quiet(module: str, tmp_path: Path) -> None:
    words = [*DEMO, "demo", "--jsonl", str(tmp_path / "x.jsonl"), "--video", str(tmp_path / "x.mkv")]
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", at(module), *words]

    code, out, said = ended(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment()))

    assert (code, out, said.strip()) == (130, "", "")


def test_repeated_ctrl_c_in_a_stream_is_quiet_and_leaves_complete_files(tmp_path: Path) -> None:
    records, video, sheet = tmp_path / "x.jsonl", tmp_path / "x.mp4", tmp_path / "x.png"
    process = start(*DEMO, "demo?live=1", "--jsonl", records, "--video", video, "--contact-sheet", sheet)
    wait_until(lambda: len(lines_or_none(records)) > 5)

    interrupt_often(process)
    code, _, said = ended(process)

    count = len(lines_of(records))
    assert code == 0
    assert said.count("\n") == 1
    assert f"demo: {count} frames" in said
    assert len(kept_times(video)) == count
    assert cv2.imread(str(sheet)) is not None


def test_repeated_ctrl_c_in_a_batch_is_quiet_and_leaves_whole_lines(tmp_path: Path) -> None:
    process = start("image", "batch", many_pictures(tmp_path), "--jsonl", tmp_path / "x.jsonl", "--workers", 1)
    wait_until(lambda: len(lines_or_none(tmp_path / "x.jsonl")) > 3)

    interrupt_often(process)
    code, _, said = ended(process)

    assert code == 130
    assert "interrupted" in said
    assert said.count("\n") == 1
    assert [json.loads(line)["frame"] for line in lines_of(tmp_path / "x.jsonl")] == list(
        range(len(lines_of(tmp_path / "x.jsonl")))
    )


def test_sigterm_ends_a_stream_in_time_with_complete_files(tmp_path: Path) -> None:
    records, video, sheet = tmp_path / "x.jsonl", tmp_path / "x.mp4", tmp_path / "x.png"
    process = start(*DEMO, "demo?live=1", "--jsonl", records, "--video", video, "--contact-sheet", sheet)
    wait_until(lambda: len(lines_or_none(records)) > 5)

    code, said = terminated(process)

    count = len(lines_of(records))
    assert code == 0
    assert f"demo: {count} frames" in said
    assert len(kept_times(video)) == count
    assert cv2.imread(str(sheet)) is not None


def test_sigterm_ends_a_batch_in_time(tmp_path: Path) -> None:
    process = start("image", "batch", many_pictures(tmp_path), "--jsonl", tmp_path / "x.jsonl", "--workers", 1)
    wait_until(lambda: len(lines_or_none(tmp_path / "x.jsonl")) > 3)

    assert terminated(process)[0] == 130
    assert lines_of(tmp_path / "x.jsonl")


@needs_proc
@pytest.mark.parametrize("alone", [True, False])
def test_sigterm_ends_a_wait_for_the_writer_of_a_named_pipe(alone: bool, tmp_path: Path) -> None:
    pipe = tmp_path / "in.mkv"
    os.mkfifo(pipe)
    process = start(*DEMO, pipe, *([] if alone else ["--source", "demo"]), "--jsonl", tmp_path / "x.jsonl")
    wait_until(lambda: waits(process))

    code, said = terminated(process)

    assert (code, said.strip()) == (130, "")
    assert not (tmp_path / "x.jsonl").exists()


@needs_proc
def test_sigterm_ends_a_wait_for_what_comes_through_a_pipe(tmp_path: Path) -> None:
    process = start(*DEMO, "-", "--jsonl", tmp_path / "x.jsonl", stdin=subprocess.PIPE)
    wait_until(lambda: waits(process))

    assert process.stdin is not None
    code, said = terminated(process)

    assert (code, said.strip()) == (130, "")


def test_sigterm_gives_up_an_output_that_takes_nothing_and_completes_the_others(tmp_path: Path) -> None:
    pipe, records = tmp_path / "x.csv", tmp_path / "x.jsonl"
    os.mkfifo(pipe)
    leave = threading.Event()

    def hold() -> None:
        with pipe.open("rb"):
            leave.wait()

    reader = threading.Thread(target=hold)
    reader.start()
    process = start(*DEMO, "demo", "--csv", pipe, "--jsonl", records)
    wait_until(lambda: len(lines_or_none(records)) > 100)
    try:
        code, said = terminated(process)
    finally:
        leave.set()
        reader.join()

    assert code == 0
    assert f"{pipe} left out" in said
    assert f"demo: {len(lines_of(records))} frames" in said


@needs_proc
def test_a_process_that_does_not_come_back_from_native_code_is_ended_in_time(tmp_path: Path) -> None:
    code = (
        "import ctypes\n"
        "import smile_edge.sources as sources\n"
        "def stuck(*args, **options):\n"
        "    print('stuck', flush=True)\n"
        "    lock, library = ctypes.create_string_buffer(64), ctypes.CDLL(None)\n"
        "    while True: library.pthread_mutex_lock(lock)  # the second call never returns, not even for a signal\n"
        "sources.open_source = stuck\n"
        "from smile_edge.__main__ import main\n"
        "main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *DEMO, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stuck\n"

    assert terminated(process) == (130, "")


def many_pictures(folder: Path) -> Path:
    return fill_with_pictures(folder / "pictures", 5000)


def lines_or_none(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def terminated(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and standard error, within the time after SIGTERM."""
    sent_s = time.monotonic()
    process.terminate()
    code, _, said = ended(process)
    assert time.monotonic() - sent_s < MOST_S + SLACK_S
    return code, said


def waits(process: subprocess.Popen[str]) -> bool:
    """Whether it has loaded what it needs and does nothing any more."""
    loaded = "cv2" in Path(f"/proc/{process.pid}/maps").read_text()
    before = _used(process)
    time.sleep(0.3)
    return loaded and _used(process) == before


def _used(process: subprocess.Popen[str]) -> list[str]:
    """The time of a processor that it has used, in ticks."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
