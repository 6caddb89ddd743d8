"""A command run in this process, and what it printed."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from smile_edge.cli import app

__all__ = ["error_line", "records_in", "run_cli"]


def run_cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def error_line(result: Result) -> str:
    """The one line of a user error."""
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("smile-edge: error: ")
    return result.stderr


def records_in(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
