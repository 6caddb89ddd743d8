"""The documents: links hold, commands are those of the program, code runs, and the site is built of them."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import pytest
import typer
from cli_runs import run_cli
from repository import ROOT

from smile_edge.cli import app

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CAMERA = re.compile(r"webcam( --list| 0 1| --mirror)?$")


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands_of(page: Path) -> list[str]:
    """Lines that call the program, whether they stand in a fenced or in an indented block; without their comments."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    found = re.findall(r"^(?: {4})?(smile-edge [^\n#|<>]+?)\s*(?:#.*)?$", text, re.MULTILINE)
    return [line for line in found if "`" not in line and "..." not in line]


COMMANDS = [
    pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in dict.fromkeys(commands_of(page))
]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_of_the_program(line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if "--config" in words:  # the file that it names is the reader's
        del words[(place := words.index("--config")) : place + 2]
    assert command.make_context("smile-edge", words).command is command


def tool_lines() -> list[Any]:
    """Lines that call `python -m train`, `export` or `benchmarks`, of all pages outside of the site's own rooms too."""
    pages = [*PAGES, ROOT / "benchmarks" / "README.md", ROOT / "models" / "README.md"]
    found = []
    for page in pages:
        text = page.read_text("utf-8").replace("\\\n", " ")
        lines = re.findall(
            r"^(?: {4})?(python -m (?:train|export|benchmarks) [^\n#|<>]+?)\s*(?:#.*)?$", text, re.MULTILINE
        )
        found += [pytest.param(line, id=f"{page.name}: {line}") for line in dict.fromkeys(lines) if "`" not in line]
    return found


@pytest.mark.parametrize("line", tool_lines())
def test_a_command_of_the_other_packages_has_its_options(line: str) -> None:
    words = [word for word in shlex.split(line)[2:] if word != "..."]
    package = import_module(f"{words.pop(0)}.__main__")
    command: Any = typer.main.get_command(package.app)
    default = command
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if command is default:  # `python -m export` without a command exports a model
        command = command.commands["model"]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: a clip, a photo, a folder of photos."""
    monkeypatch.chdir(tmp_path)
    portrait = cv2.imread(str(ROOT / "smile_edge" / "assets" / "astronaut.jpg"))
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        assert cv2.imwrite(str(tmp_path / name), portrait)
    made = run_cli("webcam", "demo", "--frames", 6, "--no-show", "--video", "demo.mp4")
    assert made.exit_code == 0, made.stderr
    (tmp_path / "clip.mp4").write_bytes((tmp_path / "demo.mp4").read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", ["README.md", "docs/webcam.md", "docs/files.md"])
@pytest.mark.usefixtures("reader")
def test_the_commands_of_a_page_run(name: str) -> None:
    """Those that need a camera are left out."""
    lines = [line for line in commands_of(ROOT / name) if not CAMERA.search(line)]
    assert lines
    for line in lines:
        if line == "smile-edge doctor":
            continue
        done = run_cli(*shlex.split(line)[1:])
        assert done.exit_code == 0, f"{line}\n{done.stderr}"


@pytest.mark.parametrize("name", ["README.md", "docs/files.md"])
def test_the_code_of_a_page_runs(name: str, reader: Path) -> None:
    made = run_cli("webcam", "clip.mp4", "--jsonl", "faces.jsonl", "--no-show")
    assert made.exit_code == 0, made.stderr
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert blocks
    for code in blocks:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=reader, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_every_link_leads_somewhere(tmp_path: Path) -> None:
    builder().gather(tmp_path)
    assert (tmp_path / "index.md").is_file()
    assert (tmp_path / "docs" / "turn.webp").is_file()


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = builder()
    monkeypatch.setattr(build, "commands_page", lambda: "[gone](no-such-page.md)")
    with pytest.raises(SystemExit, match=r"docs/commands\.md: no-such-page\.md"):
        build.gather(tmp_path)


def test_every_page_is_in_the_navigation() -> None:
    pages = set(re.findall(r'"([^"]+\.md)"', (ROOT / "docs" / "zensical.toml").read_text("utf-8")))
    assert {f"docs/{path.name}" for path in PAGES[1:]} <= pages


def test_the_page_on_installing_names_every_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert {f"| `{extra}` |" for extra in extras} <= set(re.findall(r"^\| `\w+` \|", page, re.MULTILINE))


def parameters(command: Any) -> Iterator[str]:
    for one in command.params:
        yield from one.opts if one.param_type_name == "option" else ()
    for sub in getattr(command, "commands", {}).values():
        yield from parameters(sub)


def test_the_page_of_commands_names_every_option() -> None:
    page = builder().commands_page()
    for option in set(parameters(typer.main.get_command(app))) - {"--version", "--help", "-h"}:
        assert option in page


def test_the_page_of_python_names_the_public_names() -> None:
    import smile_edge

    page = builder().api_page()
    for name in set(smile_edge.__all__) - {"__version__"}:
        assert re.search(rf"^::: smile_edge[\w.]*\.{name}$", page, re.MULTILINE), name


def test_the_picture_of_the_readme_is_small() -> None:
    assert (ROOT / "docs" / "turn.webp").stat().st_size < 3_000_000
