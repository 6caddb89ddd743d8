"""Builds the documents as a site: `python docs/build_site.py`, with the extra `docs`.

It ends with 1 where a link leads nowhere or a page cannot be built without a warning. The site is in `build/docs/site`.

Pages keep the places that they have in the repository, so that the links between them are the same in both. What they
link to and is no page is laid beside them.
"""

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from smile_edge.cli.app import app
from smile_edge.cli.options.help_page import rows_by_group

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "docs"

PAGES = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/README.md",
    "models/README.md",
    "train/EXPERIMENTS.md",
]
"""Documents outside of `docs/`, beside the README, which opens the site."""

API_ROOMS = ("records", "sources", "sinks", "topology", "errors")
"""Public rooms that the page of Python shows after the names of the package itself."""

_LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


def gather(folder: Path) -> None:
    """Lays all pages, and what they link to, into a folder.

    Raises:
        SystemExit: a link leads to what is not there.
    """
    written = {"docs/commands.md": commands_page(), "docs/api.md": api_page()}
    pages = {name: (ROOT / name).read_text("utf-8") for name in page_names()}
    pages["index.md"] = (ROOT / "README.md").read_text("utf-8")
    broken = []
    for name, text in (pages | written).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            _LINK.sub(lambda link: link[1] + link[2].replace("../README.md", "../index.md") + link[3], text)
        )
        broken += [f"{name}: {target}" for target in _lay(name, text, folder, {*pages, *written})]
    if broken:
        raise SystemExit("links that lead nowhere:\n" + "\n".join(broken))


def page_names() -> Iterator[str]:
    """Documents by their places in the repository."""
    yield from PAGES
    for folder in ("docs", "benchmarks/results"):
        yield from (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / folder).glob("*.md")))


def links_in(text: str) -> list[str]:
    """Files that a page links to or shows, as it names them."""
    return [link[1] for link in _LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))]


def _lay(name: str, text: str, folder: Path, pages: set[str]) -> Iterator[str]:
    """Copies what a page links to and is no page; yields what is not there."""
    for target in links_in(text):
        path = (ROOT / name).parent / target
        inside = path.resolve().relative_to(ROOT).as_posix() if path.resolve().is_relative_to(ROOT) else None
        if inside is None or not (path.exists() or inside in pages):
            yield target
        elif inside not in pages and inside != "README.md" and path.is_file():
            place = folder / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def commands_page() -> str:
    """Every command with its options by group, from the command line itself."""
    lines = ["# Commands", "", "Made from the program itself: `smile-edge COMMAND --help` says the same.", ""]
    for name, command in _commands(typer.main.get_command(app), "smile-edge"):
        lines += [f"## {name}", "", *_paragraphs(command.help or ""), ""]
        for group, rows in rows_by_group(command.params).items():
            lines += [f"**{group}**", "", "| option | what it does |", "| --- | --- |"]
            lines += [f"| `{_cell(option)}` | {_cell(told)} |" for option, told in rows] + [""]
    return "\n".join(lines)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
    for word, one in getattr(command, "commands", {}).items():
        yield from _commands(one, f"{name} {word}")


def _paragraphs(text: str) -> Iterator[str]:
    """The help of a command; a block that keeps its lines is one of code."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b"):
            yield "\n".join(["```sh", paragraph.removeprefix("\b\n"), "```"]) + "\n"
        else:
            yield " ".join(paragraph.split()) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\N{NO-BREAK SPACE}", " ").replace("<", "&lt;")


def api_page() -> str:
    """The public names, each described by its docstring."""
    lines = [
        "# Python",
        "",
        "The public names, by their docstrings. [What is stable](stability.md) says what may change.",
        "",
    ]
    shown: set[str] = set()
    for module in ("smile_edge", *(f"smile_edge.{room}" for room in API_ROOMS)):
        lines += [f"## {module}", ""]
        for name in import_module(module).__all__:
            place = _place(module, name)
            if place is not None and place not in shown:
                lines += [f"::: {place}", ""]
                shown.add(place)
    return "\n".join(lines)


def _place(module: str, name: str) -> str | None:
    """Where a name is defined, since packages only lead to it; None for aliases of types and the like."""
    loaded = import_module(module)
    found = getattr(loaded, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        return f"{found.__module__}.{found.__qualname__}"
    return None if hasattr(loaded, "__path__") else f"{module}.{name}"


def main() -> int:
    """Gathers and builds; returns the exit code of the builder."""
    shutil.rmtree(BUILD, ignore_errors=True)
    gather(BUILD / "pages")
    shutil.copy(ROOT / "docs" / "zensical.toml", BUILD)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    return subprocess.run(command, cwd=BUILD, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
