"""Sources as arguments, by `--source`, and out of a file of options."""

from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli

DEMO = "demo?frames=2"


def names(result) -> set[str]:
    assert result.exit_code == 0, result.stderr
    return {record["source"] for record in records_in(result.stdout)}


@pytest.mark.parametrize(
    "words",
    [
        [DEMO, "--jsonl", "-", "--no-show"],
        ["--jsonl", "-", "--no-show", DEMO],
        ["--source", DEMO, "--jsonl", "-", "--no-show"],
        ["--jsonl", "-", "--no-show", "--", DEMO],
    ],
)
def test_a_source_may_stand_anywhere(words: list[str]) -> None:
    assert len(names(run_cli("webcam", *words))) == 1


@pytest.mark.parametrize("words", [[DEMO, DEMO], [DEMO, "--source", DEMO], ["--source", DEMO, "--source", DEMO]])
def test_several_sources_run_at_once(words: list[str]) -> None:
    assert len(names(run_cli("webcam", *words, "--jsonl", "-", "--no-show"))) == 2


def test_a_source_of_the_command_line_takes_the_place_of_the_file_s(tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('source = ["/no/such/clip.mp4"]\njsonl = "-"\nshow = false\n')
    for given in ([DEMO], ["--source", DEMO]):
        assert len(names(run_cli("webcam", "--config", config, *given))) == 1
    assert "/no/such/clip.mp4" in error_line(run_cli("webcam", "--config", config))


def test_standard_input_is_one_source() -> None:
    assert "more than once" in error_line(run_cli("webcam", "-", "--source", "-"))


def test_serve_takes_them_too() -> None:
    assert "/no/such/clip.mp4" in error_line(run_cli("serve", "/no/such/clip.mp4", "--port", 0))
