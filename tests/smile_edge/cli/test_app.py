"""All commands: names, help, and errors of the user in one line."""

from pathlib import Path

import pytest
from cli_runs import error_line, run_cli
from shipped_models import without_int8
from typer.testing import CliRunner

import smile_edge
from smile_edge.cli import app
from smile_edge.runtime import precision as module


def test_version_and_help_name_the_program() -> None:
    assert run_cli("--version").stdout == f"smile-edge {smile_edge.__version__}\n"
    assert "webcam" in run_cli().stdout
    assert "batch" in run_cli("image").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["webcam", "--frames", 0], "--frames must be at least 1"),
        (["webcam", "--max-faces", -1], "--max-faces must be at least 1"),
        (["webcam", "--detect-every", 0], "--detect-every must be at least 1"),
        (["webcam", "--threads", 0], "--threads must be at least 1"),
        (["webcam", "--frames", "many"], "--frames"),
        (["webcam", "--source", "/no/such/clip.mp4"], "/no/such/clip.mp4"),
        (["webcam", "--source", "99", "--no-show"], "99"),
        (["webcam", "--source", "demo", "--frames", 1, "--no-show", "--jsonl", "/no/such/x.jsonl"], "/no/such/x.jsonl"),
        (["webcam", "--source", "demo", "--frames", 1, "--no-show", "--contact-sheet", "/no/such/x.png"], "x.png"),
        (["image", "batch", "/no/such/folder", "--jsonl", "-"], "/no/such/folder"),
        (["image", "batch", "."], "--jsonl"),
        (["image", "batch", ".", "--jsonl", "-", "--workers", 0], "--workers must be at least 1"),
        (["image", "batch", ".", "--jsonl", "-", "--batch", -2], "--batch must be at least 1"),
        (["bench", "--frames", 0], "--frames must be at least 1"),
        (["bogus"], "bogus"),
        (["webcam", "--bogus"], "--bogus"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_user_error_is_one_line_and_exit_code_2(arguments: list[object], said: str) -> None:
    assert said in error_line(run_cli(*arguments))


@pytest.mark.parametrize(
    "words",
    [("webcam", "--source", "demo", "--frames", "2", "--no-show"), ("image", "batch", "PICTURE", "--jsonl", "-")],
)
def test_int8_that_is_not_to_be_had_is_one_line_and_exit_code_2(words, tmp_path):
    picture = Path(module.__file__).parents[1] / "assets" / "astronaut.jpg"
    arguments = [str(picture) if word == "PICTURE" else word for word in words]
    models = without_int8(tmp_path / "models")
    command = [*arguments, "--models", str(models), "--provider", "cpu", "--precision", "int8"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    said = result.stderr.strip()
    assert len(said.splitlines()) == 1
    assert "--precision int8 was not obtained: there is no landmarks-int8.json" in said
