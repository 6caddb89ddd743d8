"""`--min-score`, `--min-size`, `--roi` of the commands."""

from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli
from fake_world import World


def faces(result: object) -> list[int]:
    return [len(record["faces"]) for record in records_in(result.stdout)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "each"),
    [
        ([], 1),
        (["--min-size", "20"], 1),
        (["--min-size", "200"], 0),
        (["--roi", "100,60,120,120"], 1),
        (["--roi", "0,0,50,50"], 0),
        (["--min-score", "0.5"], 1),
        (["--min-score", "1"], 0),
    ],
)
@pytest.mark.usefixtures("world")
def test_faces_are_left_out(pictures: Path, clip: Path, options: list[str], each: int) -> None:
    assert faces(run_cli("image", "batch", pictures, "--jsonl", "-", *options)) == [each] * 3
    assert faces(run_cli("webcam", "--source", clip, "--jsonl", "-", "--frames", "3", *options)) == [each] * 3


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--roi", "1,2,3"),
        ("--roi", "a,b,c,d"),
        ("--roi", "0,0,-5,9"),
        ("--roi", "0,0,nan,9"),
        ("--roi", ""),
        ("--min-score", "1.5"),
        ("--min-size", "-3"),
    ],
)
@pytest.mark.parametrize("command", [["webcam"], ["image", "batch", "x.jpg", "--jsonl", "-"], ["serve"]])
def test_what_is_no_filter_is_one_line(world: World, command: list[str], option: str, value: str) -> None:
    assert f"{option} must" in error_line(run_cli(*command, option, value))
