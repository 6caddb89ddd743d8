"""Timing another program by the JSON lines that it writes."""

import itertools
import json
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from train.errors import DataError

__all__ = ["FEWEST_RECORDS", "VIDEO_WORD", "record_times"]

VIDEO_WORD = "{video}"
FEWEST_RECORDS = 30
WARM_UP = 10
LONGEST_S = 300.0


def record_times(command: str, video: Path) -> tuple[list[float], float]:
    """Seconds between the records of a program, and the mean number of faces in a record.

    Programs that write in blocks give short and long gaps; their mean is right all the same.

    Args:
        command: the program and its arguments, `{video}` among them; no shell. It writes one JSON object with `faces`,
            a list, for each frame on standard output. `smile-edge` is the one of this Python.
        video: replaces `{video}`.

    Raises:
        DataError: it cannot be started, fails, takes over five minutes, or writes something else.
    """
    if VIDEO_WORD not in command:
        raise DataError(f"--command needs {VIDEO_WORD} where the program expects the video. Received: {command}")
    try:
        words = [word.replace(VIDEO_WORD, str(video)) for word in shlex.split(command)]
    except ValueError as error:
        raise DataError(f"--command: {command} cannot be split into words: {error}") from None
    if words[0] == "smile-edge":
        words = [sys.executable, "-m", "smile_edge", *words[1:]]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        try:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True)
        except OSError as error:
            raise DataError(f"--command: {words[0]} cannot be started: {error.strerror}") from None
        watchdog = threading.Timer(LONGEST_S, process.kill)
        watchdog.start()
        with process:
            try:
                arrived, faces = _read(process, command)
                code = process.wait()
            finally:
                watchdog.cancel()
                process.kill()
        complaints.seek(0)
        said = complaints.read().strip().splitlines()
    if code:
        raise DataError(f"--command: {command} ended with {code}: {said[-1] if said else 'no message'}")
    if len(arrived) < FEWEST_RECORDS:
        raise DataError(f"--command: {command} wrote {len(arrived)} records, expected one a frame")
    gaps = [after - before for before, after in itertools.pairwise(arrived)]
    return gaps[WARM_UP:], sum(faces) / len(faces)


def _read(process: "subprocess.Popen[str]", command: str) -> tuple[list[float], list[int]]:
    """When each record arrived, and how many faces it has."""
    arrived, faces = [], []
    assert process.stdout is not None
    for number, line in enumerate(process.stdout, 1):
        try:
            faces.append(len(json.loads(line)["faces"]))
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f"--command: {command} wrote no JSON object with a list `faces` in line {number}: {line.strip()[:80]}"
            ) from None
        arrived.append(time.perf_counter())
    return arrived, faces
