"""`webcam --video`, killed: SMILE_EDGE_TEST_KILLS=20 kills it that often, each time at another moment."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gates import WAIT_S
from videos import kept_times

KILLS = int(os.environ.get("SMILE_EDGE_TEST_KILLS", "1"))
MOST_LOST_S = 1.0


def written_times(records: Path) -> list[float]:
    """When the frames were taken whose records are on the disk; the last line may be cut."""
    return [json.loads(line)["time_s"] for line in records.read_text().split("\n")[:-1]] if records.exists() else []


@pytest.mark.usefixtures("_shipped_models")
@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_leaves_a_video_up_to_the_last_second(tmp_path: Path, ending: str, number: int) -> None:
    video, records = tmp_path / f"out{ending}", tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "smile_edge", "webcam", "--source", "demo?live=1", "--no-show", "--threads", "1"]
    process = subprocess.Popen([*command, "--video", str(video), "--jsonl", str(records)], stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + WAIT_S
        while not written_times(records) and time.monotonic() < deadline_s:
            time.sleep(0.02)
        time.sleep(random.Random(f"{ending}{number}").uniform(0.0, 4.0))
    finally:
        process.kill()
        process.wait()
    taken_s = written_times(records)
    assert taken_s
    kept_s = kept_times(video)
    if taken_s[-1] - taken_s[0] > MOST_LOST_S:
        assert kept_s, "nothing can be read"
        assert kept_s[-1] >= taken_s[-1] - taken_s[0] - MOST_LOST_S
