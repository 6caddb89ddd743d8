"""Command lines, ours and others, timed by the records that they print."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.commands import record_times
from benchmarks.speed.suites.scene import compose, write_video
from train.errors import DataError


def speaker(folder: Path, body: str) -> str:
    """A command that runs these lines of Python with the video as its argument."""
    (folder / "speaker.py").write_text("import json, sys, time\n" + body)
    return f"{sys.executable} {folder / 'speaker.py'} {{video}}"


def test_a_command_is_timed_by_its_records(tmp_path):
    body = 'for i in range(60): time.sleep(0.002); print(json.dumps({"faces": [{}, {}]}), flush=True)\n'
    seconds, faces = record_times(speaker(tmp_path, body), tmp_path / "video.avi")
    assert faces == 2
    assert len(seconds) == 49
    assert np.mean(seconds) >= 0.002


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('print("hello")\n', "line 1: hello"),
        ('print(json.dumps({"faces": []}))\n', "1 records"),
        ('sys.exit("no camera")\n', "ended with 1: no camera"),
    ],
)
def test_a_command_that_says_something_else_is_one_line(tmp_path, body, said):
    with pytest.raises(DataError, match=said):
        record_times(speaker(tmp_path, body), tmp_path / "video.avi")


@pytest.mark.parametrize("command", ["program", "gone-program {video}", "program '{video}"])
def test_a_command_that_cannot_be_started_is_one_line(tmp_path, command):
    with pytest.raises(DataError, match="--command"):
        record_times(command, tmp_path / "video.avi")


def test_our_own_command_line_speaks_the_lines_that_are_timed(tmp_path):
    video = write_video(tmp_path / "v.avi", compose("480p", 1, 8).images, 40)
    seconds, faces = record_times("smile-edge webcam --source {video} --no-show --jsonl - --provider cpu", video)
    assert len(seconds) == 29
    assert faces == 1
