"""JSON lines: whole lines, whoever interrupts, leaves or fills the disk."""

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from portrait_frames import BROKEN, POINTS, frame_and_result

from smile_edge.errors import SinkError
from smile_edge.sinks import JsonlSink


def test_jsonl_writes_one_record_a_frame_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonlSink(path) as sink:
        for index, faces in enumerate((1, 0, 2)):
            sink.write(*frame_and_result(index, faces))
        sink.write(*BROKEN)
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(record["frame"], len(record["faces"])) for record in records] == [(0, 1), (1, 0), (2, 2), (0, 0)]
    assert records[3]["error"] == "empty"
    assert records[0]["faces"][0]["points"][30] == pytest.approx([*POINTS[13].tolist(), 1.25], abs=0.01)


def test_jsonl_lines_can_be_read_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonlSink(path) as sink:
        sink.write(*frame_and_result())
        assert path.read_text("utf-8").endswith("}\n")


def test_jsonl_to_standard_output_leaves_it_open(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonlSink("-") as sink:
        sink.write(*frame_and_result(7))
    assert json.loads(capsys.readouterr().out)["frame"] == 7
    assert not sys.stdout.closed


def test_an_interrupted_run_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"

    def interrupted() -> None:
        with JsonlSink(path) as sink:
            sink.write(*frame_and_result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len([json.loads(line) for line in path.read_text("utf-8").splitlines()]) == 1


def test_a_reader_that_leaves_is_a_broken_pipe_and_closes_the_sink() -> None:
    program = (
        "from smile_edge.records import FrameResult, Frame\n"
        "from smile_edge.sinks import JsonlSink\n"
        "import numpy as np, os, sys\n"
        "frame = Frame(np.zeros((4, 4, 3), np.uint8))\n"
        "try:\n"
        "    with JsonlSink('-') as sink:\n"
        "        while True: sink.write(frame, FrameResult('x' * 1000, 0, 0.0, 4, 4))\n"
        "except BrokenPipeError:\n"
        "    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n"
        "    sys.exit(3 if sink.closed else 4)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 3
        assert process.stderr.read() == b""


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with JsonlSink(tmp_path / "out.jsonl") as sink:
        sink._file.close()
        sink._file = Full()
        with pytest.raises(SinkError, match="No space left"):
            sink.write(*frame_and_result())
