"""A reader that leaves ends the output that it read; the others go on, and the summary says it."""

import csv
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from program_runs import DEMO, ended, lines_of, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="named pipes are of POSIX")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "out.fifo")
    return tmp_path / "out.fifo"


@pytest.fixture
def picture() -> Path:
    return Path(__file__).parents[4] / "smile_edge" / "assets" / "astronaut.jpg"


def read_a_little(path: Path) -> threading.Thread:
    """Opens a named pipe, reads its first bytes and leaves."""

    def read() -> None:
        with path.open("rb", buffering=0) as file:
            file.read(10)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_the_only_output_whose_reader_leaves_ends_the_run_quietly() -> None:
    process = start(*DEMO, "demo", "--jsonl", "-")  # endless
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    process.stdout = None

    assert ended(process) == (0, "", "")


def test_the_other_outputs_go_on_when_the_reader_of_standard_output_leaves(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    process = start(*DEMO, "demo?frames=150", "--jsonl", "-", "--csv", table)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None

    code, _, said = ended(process)

    assert code == 0
    assert len(list(csv.DictReader(lines_of(table)))) == 150
    assert "150 frames" in said
    assert "the reader of standard output left" in said


@pytest.mark.parametrize(("option", "name"), [("--jsonl", "x.jsonl"), ("--csv", "x.csv"), ("--video", "x.mkv")])
def test_the_reader_of_a_named_pipe_leaves(option: str, name: str, tmp_path: Path) -> None:
    pipe, other = tmp_path / name, tmp_path / ("out.csv" if option == "--jsonl" else "out.jsonl")
    os.mkfifo(pipe)
    reader = read_a_little(pipe)

    process = start(*DEMO, "demo?frames=200", option, pipe, "--csv" if option == "--jsonl" else "--jsonl", other)
    code, _, said = ended(process)

    reader.join()
    assert code == 0
    assert len(lines_of(other)) == 200 + (option == "--jsonl")
    assert f"the reader of {pipe} left" in said


def test_a_video_can_be_read_from_a_named_pipe(tmp_path: Path) -> None:
    pipe, copy = tmp_path / "x.mkv", tmp_path / "copy.mkv"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: copy.write_bytes(pipe.read_bytes()))
    reader.start()

    code, _, said = ended(start(*DEMO, "demo?frames=20", "--video", pipe))

    reader.join()
    assert code == 0, said
    assert copy.stat().st_size > 1000


def test_image_batch_goes_on_when_the_reader_of_one_output_leaves(picture: Path, fifo: Path, tmp_path: Path) -> None:
    table, reader = tmp_path / "out.csv", read_a_little(fifo)
    links = [tmp_path / f"{index}.jpg" for index in range(12)]
    for link in links:
        link.write_bytes(picture.read_bytes())

    process = start("image", "batch", *links, "--jsonl", fifo, "--csv", table, "--provider", "cpu")
    code, _, said = ended(process)

    reader.join()
    assert code == 0
    assert len(lines_of(table)) == 1 + 12
    assert f"the reader of {fifo} left" in said


def test_image_batch_ends_quietly_when_its_only_reader_leaves(picture: Path, tmp_path: Path) -> None:
    for index in range(60):
        (tmp_path / f"{index}.jpg").write_bytes(picture.read_bytes())
    process = start("image", "batch", tmp_path, "--jsonl", "-", "--provider", "cpu", "--workers", 1)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None

    assert ended(process) == (0, "", "")


@pytest.mark.parametrize("words", [("--help",), ("webcam", "--help"), ("info", "--provider", "cpu")])
def test_a_text_that_nobody_reads_is_no_failure(words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)

    process = start(*words, stdout=write)
    os.close(write)

    code, _, said = ended(process)
    assert (code, said) == (0, "")


def test_nobody_who_reads_standard_error_ends_no_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    read, write = os.pipe()
    os.close(read)

    process = start(*DEMO, "demo?frames=3", "--jsonl", out, stderr=write)
    os.close(write)

    assert ended(process)[0] == 0
    assert len(lines_of(out)) == 3
