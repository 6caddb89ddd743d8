"""Completion for four shells: the scripts, and what the program answers them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runs import error_line, run_cli
from repository import ROOT

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
