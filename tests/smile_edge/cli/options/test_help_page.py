"""Help pages: in groups, within 80 columns, nothing cut off, in words that a reader knows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from cli_runs import run_cli

from smile_edge.cli import app
from smile_edge.cli.options.groups import GROUPS, OTHER, group_of
from smile_edge.cli.options.help_page import PageCommand, default_text, rows_by_group


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


EVERY = [
    pytest.param(path, command, id=" ".join(path) or "smile-edge")
    for path, command in commands(typer.main.get_command(app))
]
LEAVES = [case for case in EVERY if not hasattr(case.values[1], "commands")]


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(("path", "command"), EVERY)
def test_a_page_fits_80_columns_and_loses_no_word(
    path: tuple[str, ...], command: Any, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    page = run_cli(*path, "--help").stdout
    words = page.split()

    assert max(len(line) for line in page.splitlines()) <= 80
    for parameter in command.params:
        told = f"{parameter.help or ''}".split()
        assert any(words[at : at + len(told)] == told for at in range(len(words)))
    for name, sub in getattr(command, "commands", {}).items():
        told = [name, *sub.help.partition("\n\n")[0].split()]
        assert any(words[at : at + len(told)] == told for at in range(len(words)))


@pytest.mark.parametrize(("path", "command"), EVERY)
def test_a_page_names_no_type_of_python(path: tuple[str, ...], command: Any) -> None:
    page = run_cli(*path, "--help").stdout
    assert not re.search(r"<\w+(\[\w+\])?>|list\[|None|\bstr\b|\(\d+\)\]|default: \(|\d\.0\]", page)


@pytest.mark.parametrize(("path", "command"), LEAVES)
def test_what_takes_a_value_says_which(path: tuple[str, ...], command: Any) -> None:
    assert [one.name for one in command.params if not getattr(one, "is_flag", False) and one.metavar is None] == []


@pytest.mark.parametrize(("path", "command"), LEAVES)
def test_every_option_is_in_a_group(path: tuple[str, ...], command: Any) -> None:
    assert isinstance(command, PageCommand)
    assert [one.name for one in command.params if group_of(one.name) == OTHER] == []


def test_the_groups_of_webcam_stand_in_order() -> None:
    page = run_cli("webcam", "--help").stdout
    places = [page.index(f"\n{name}:\n") for name in GROUPS]
    assert places == sorted(places)


def test_defaults_read() -> None:
    webcam = typer.main.get_command(app).commands["webcam"]  # type: ignore[attr-defined]
    defaults = {one.name: default_text(one) for one in webcam.params}
    assert defaults["fps"] == "1"
    assert defaults["inputs"] == "camera 0"
    assert defaults["draw"] == "points, box"
    assert defaults["mirror"] == defaults["frames"] == defaults["show"] == ""


def test_an_option_without_a_group_is_on_the_page() -> None:
    def work(count: int = typer.Option(3, metavar="N", help="How often.")) -> None:
        raise NotImplementedError

    one = typer.Typer()
    one.command(cls=PageCommand)(work)
    parameters = typer.main.get_command(one).params
    assert ("--count N", "How often. [default:\N{NO-BREAK SPACE}3]") in rows_by_group(parameters)[OTHER]
