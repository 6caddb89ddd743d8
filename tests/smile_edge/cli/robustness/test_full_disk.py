"""A full disk is one line and exit code 2, and text files end in whole lines."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest
from many_pictures import fill_with_pictures
from portrait_frames import frame_and_result
from program_runs import DEMO, PROGRAM, ended, environment, lines_of

from smile_edge.errors import SinkError
from smile_edge.sinks import CsvSink, JsonlSink, Sink

resource = pytest.importorskip("resource", reason="the size of a file is limited on POSIX")

ROOM = 50_001
"""Bytes that a file may have; no multiple of a line's."""


def run_with_little_room(*words: object, shell: str = "", room: int = ROOM) -> tuple[int, str, str]:
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", *PROGRAM, *map(str, words)]
    return ended(
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        )
    )


@pytest.mark.parametrize(("option", "name"), [("--jsonl", "x.jsonl"), ("--csv", "x.csv")])
def test_a_stream_leaves_whole_lines_and_is_one_line(option: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    code, _, said = run_with_little_room(*DEMO, "demo?frames=200", option, path)

    assert code == 2
    assert said.startswith(f"smile-edge: error: cannot write {path}: File too large; free some space or name another")
    assert said.count("\n") == 1
    assert len(lines_of(path)) > 5
    if name == "x.csv":
        assert all(None not in row.values() for row in csv.DictReader(lines_of(path)))
    else:
        assert [json.loads(line)["frame"] for line in lines_of(path)] == list(range(len(lines_of(path))))


@pytest.mark.parametrize("arrow", [">", ">>"])
def test_so_does_standard_output_that_is_a_file(arrow: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"

    code, _, said = run_with_little_room(*DEMO, "demo?frames=200", "--jsonl", "-", shell=f"{arrow} '{path}'")

    assert code == 2
    assert said.startswith("smile-edge: error: cannot write standard output: ")
    assert [json.loads(line)["frame"] for line in lines_of(path)] == list(range(len(lines_of(path))))
    assert len(lines_of(path)) > 5


def test_image_batch_leaves_whole_lines(tmp_path: Path) -> None:
    pictures, path = fill_with_pictures(tmp_path / "pictures", 60), tmp_path / "x.jsonl"

    code, _, said = run_with_little_room("image", "batch", pictures, "--fast", "--jsonl", path, "--provider", "cpu")

    assert (code, said.count("\n")) == (2, 1)
    assert [json.loads(line)["frame"] for line in lines_of(path)] == list(range(len(lines_of(path))))


def test_image_batch_leaves_no_part_that_is_not_whole(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra `parquet`")
    pictures, parts = fill_with_pictures(tmp_path / "pictures", 3), tmp_path / "parts"
    parts.mkdir()

    words = ("image", "batch", pictures, "--fast", "--provider", "cpu", "--parquet", parts)
    code, _, said = run_with_little_room(*words, room=9_000)

    assert (code, said.count("\n")) == (2, 1)
    assert f"cannot write into {parts}: File too large; free some space" in said
    assert list(parts.iterdir()) == []


@pytest.mark.parametrize("kind", [JsonlSink, CsvSink])
def test_a_write_that_is_cut_short_is_taken_back(
    kind: type[Sink], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "x", os.write

    def cut(number: int, data: bytes) -> int:
        if path.stat().st_size > 9000:
            raise OSError(28, "No space left on device")
        return whole(number, data[: min(len(data), 1000)])

    monkeypatch.setattr(os, "write", cut)
    sink = kind(path)  # type: ignore[call-arg]

    def write_all() -> None:
        for index in range(100):
            sink.write(*frame_and_result(index))

    with pytest.raises(SinkError, match="No space left"):
        write_all()
    sink.close()

    assert lines_of(path)
    assert path.stat().st_size <= 9000
