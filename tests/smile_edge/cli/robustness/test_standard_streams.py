"""Standard streams that are closed or have no other end: all that can be written is, and nothing else into it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from many_pictures import fill_with_pictures
from program_runs import DEMO, PROGRAM, ended, environment, lines_of, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors are closed with a shell of POSIX")

NOISE = """import os, sys
from smile_edge.sinks import jsonl
write = jsonl.JsonlSink.write
def noisy(self, frame, result):
    write(self, frame, result)
    os.write(2, b"a native library complains\\n")
    os.write(1, b"a native library prints\\n")
    print("a print")
jsonl.JsonlSink.write = noisy
from smile_edge.__main__ import main
main()
"""
"""The program, where something in the process writes to the descriptors 1 and 2 whatever they are."""


def run_with(closed: str, *words: object, program: list[str] | None = None) -> tuple[int, str, str]:
    """Runs it with what a shell's redirections close, e.g. `>&- 2>&-`."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *(program or PROGRAM), *map(str, words)]
    pipe = subprocess.PIPE
    return ended(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment()))


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_files_are_written_whatever_is_closed_and_hold_nothing_else(closed: str, tmp_path: Path) -> None:
    out, table, video = tmp_path / "out.jsonl", tmp_path / "out.csv", tmp_path / "out.mkv"
    files = ["--jsonl", out, "--csv", table, "--video", video]

    code, _, _ = run_with(closed, *DEMO, "demo?frames=5", *files, program=[sys.executable, "-c", NOISE])

    assert code == 0
    assert [json.loads(line)["frame"] for line in lines_of(out)] == list(range(5))
    assert len(lines_of(table)) == 6
    assert "native library" not in table.read_text() + video.read_bytes().decode("latin-1")


def test_records_go_to_standard_output_although_standard_error_is_closed() -> None:
    code, out, _ = run_with("2>&-", *DEMO, "demo?frames=3", "--jsonl", "-")

    assert code == 0
    assert [json.loads(line)["frame"] for line in out.splitlines()] == [0, 1, 2]


def test_pictures_are_written_with_workers_although_both_are_closed(tmp_path: Path) -> None:
    pictures, out = fill_with_pictures(tmp_path / "pictures", 200), tmp_path / "out.jsonl"

    code, _, _ = run_with(">&- 2>&-", "image", "batch", pictures, "--fast", "--jsonl", out, "--workers", 2)

    assert code == 0
    assert len(lines_of(out)) == 200


def test_the_other_outputs_are_written_where_standard_output_is_closed_and_the_exit_code_says_it(
    tmp_path: Path,
) -> None:
    table = tmp_path / "out.csv"

    code, _, said = run_with(">&-", *DEMO, "demo?frames=4", "--jsonl", "-", "--csv", table)

    assert code == 2
    assert "cannot write standard output: it is closed; name a file" in said.splitlines()[-1]
    assert len(lines_of(table)) == 5


def test_standard_output_that_is_closed_and_alone_is_one_line() -> None:
    code, _, said = run_with(">&-", *DEMO, "demo?frames=4", "--jsonl", "-")

    assert code == 2
    assert said == "smile-edge: error: cannot write standard output: it is closed; name a file\n"


def test_a_windowed_program_has_no_streams_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    code = "import sys; sys.stdin = sys.stdout = sys.stderr = None\nfrom smile_edge.__main__ import main; main()"
    command = [sys.executable, "-c", code, *DEMO, "demo?frames=3", "--jsonl", str(out)]

    assert ended(subprocess.Popen(command, text=True, env=environment()))[0] == 0
    assert len(lines_of(out)) == 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which only Linux has")
def test_a_full_disk_below_standard_error_ends_no_run(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    with open("/dev/full", "w") as full:
        code, _, _ = ended(start(*DEMO, "demo?frames=3", "--jsonl", out, stderr=full))

    assert code == 0
    assert len(lines_of(out)) == 3
