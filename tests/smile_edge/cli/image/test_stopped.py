"""`image batch` told to end, or killed, at any moment; SMILE_EDGE_TEST_KILLS=20 does each that often."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from portraits import PORTRAIT
from processes import children, handles, is_alive, wait_until
from repository import ROOT

KILLS = int(os.environ.get("SMILE_EDGE_TEST_KILLS", "1"))
END_S = 2.0 + 3.0
"""Two seconds, and what a machine that is busy with other things needs to start and end a process."""
LAST_MOMENT_S = 3.0
"""Long enough for the start of the workers and some images."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc for the processes that live")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred portraits, and in between pictures that take seconds to decode."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "000.jpg").write_bytes(PORTRAIT.read_bytes())
    for number in range(1, 300):
        os.link(folder / "000.jpg", folder / f"{number:03}.jpg")
    cv2.imwrite(str(folder / "020-large.png"), np.zeros((9_000, 20_000, 3), np.uint8))
    os.link(folder / "020-large.png", folder / "021-large.png")
    return folder


def started(images: Path, records: Path, scratch: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "smile_edge", "image", "batch", str(images), "--jsonl", str(records)]
    return subprocess.Popen(
        [*command, "--provider", "cpu", "--workers", "2", *options],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch), "ORT_DISABLE_TELEMETRY": "1"},
        start_new_session=True,
    )


def whole_lines(records: Path) -> list[int]:
    """The numbers of the records, of which each is whole."""
    text = records.read_text() if records.exists() else ""
    assert not text or text.endswith("\n")
    return [json.loads(line)["frame"] for line in text.splitlines()]


def after(process: subprocess.Popen[str], moment_s: float) -> set[int]:
    """Waits, from when it handles SIGTERM, and gives the processes that it has started by then."""
    assert wait_until(lambda: handles(process.pid, signal.SIGTERM))
    time.sleep(moment_s)
    return set(children(process.pid))


@pytest.mark.parametrize(
    ("number", "options"),
    [("SIGTERM", []), ("SIGINT", ["--timeout", "30"]), ("SIGHUP", ["--annotate"])],
    ids=["many", "timeout", "annotate"],
)
@pytest.mark.parametrize("turn", range(KILLS))
def test_a_run_that_is_told_to_end_ends_soon_and_quietly_with_whole_lines(
    images: Path, tmp_path: Path, number: str, options: list[str], turn: int
) -> None:
    records, scratch = tmp_path / "out.jsonl", tmp_path / "scratch"
    scratch.mkdir()
    options = [*options, str(tmp_path / "copies")] if options == ["--annotate"] else options
    process = started(images, records, scratch, *options)
    moment_s = random.Random(f"{number}{options[:1]}{turn}").uniform(0.0, LAST_MOMENT_S)
    offspring = after(process, moment_s)
    told_s = time.monotonic()
    for _ in range(3):  # who is impatient presses Ctrl-C again
        process.send_signal(getattr(signal, number))
        time.sleep(0.05)
    _, errors = process.communicate(timeout=60)

    assert time.monotonic() - told_s < END_S
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.count("\n") <= 1, errors
    assert whole_lines(records) == list(range(len(whole_lines(records))))
    assert wait_until(lambda: not any(map(is_alive, offspring)))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("turn", range(KILLS))
def test_a_run_that_is_killed_leaves_whole_lines_and_no_process(images: Path, tmp_path: Path, turn: int) -> None:
    records = tmp_path / "out.jsonl"
    process = started(images, records, tmp_path)
    moment_s = random.Random(turn).uniform(0.0, LAST_MOMENT_S)
    offspring = after(process, moment_s)
    process.kill()
    process.wait()

    assert wait_until(lambda: not any(map(is_alive, offspring)))
    assert whole_lines(records) == list(range(len(whole_lines(records))))
    assert process.stderr is not None
    process.stderr.close()
