"""Completion for four shells: the scripts, and what the program answers them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_runs import error_line, run_cli
from repository import ROOT

from smile_edge.cli import app
from smile_edge.cli.options.completion import SHELLS

PROGRAM = [sys.executable, "-m", "smile_edge"]


def asked(shell: str, line: str, **more: str) -> str:
    """What the program answers a shell for a command line whose last word is to be completed."""
    words = line.split(" ")
    environment = {
        "_SMILE_EDGE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        **more,
    }
    done = subprocess.run(
        PROGRAM, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_asks_the_program(shell: str) -> None:
    script = run_cli("completion", shell).stdout
    assert "smile-edge" in script
    assert f"complete_{shell}" in script
    assert "_SMILE_EDGE_COMPLETE" in script


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected", "absent"),
    [
        ("smile-edge we", "webcam", "serve"),
        ("smile-edge webcam --jso", "--jsonl", "--csv"),
        ("smile-edge webcam --provider cu", "cuda", "cpu"),
        ("smile-edge webcam --hide pi", "pixelate", "blur"),
        ("smile-edge image batch --annot", "--annotate", "--csv"),
    ],
)
def test_commands_options_and_values_are_completed(shell: str, line: str, expected: str, absent: str) -> None:
    answer = asked(shell, line)
    assert expected in answer
    assert absent not in answer.split()


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_the_shell_itself_takes_the_script(shell: str, check: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    script = tmp_path / "script"
    script.write_text(run_cli("completion", shell).stdout)
    done = subprocess.run([shell, check, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_shell_is_one_line() -> None:
    assert "bash, zsh, fish or powershell" in error_line(run_cli("completion", "tcsh"))


def options_of(command: Any) -> Iterator[Any]:
    yield from (one for one in command.params if one.param_type_name == "option")
    for sub in getattr(command, "commands", {}).values():
        yield from options_of(sub)


def test_every_value_that_a_help_page_names_is_completed() -> None:
    command: Any = typer.main.get_command(app)
    with command.make_context("smile-edge", ["info"], resilient_parsing=True) as context:
        choices = [one for one in options_of(command) if re.search("[a-z0-9]\\|", one.metavar or "")]
        assert len(choices) > 5
        for one in choices:
            named = [value for value in one.metavar.strip("[]").split("|") if value.islower() or value.isdigit()]
            assert [item.value for item in one.shell_complete(context, "")] == named, one.opts
