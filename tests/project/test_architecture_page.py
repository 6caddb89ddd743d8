"""The architecture page: its code runs, its picture and its paths are those of the code, and rooms keep their rules."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("smile_edge", "train", "export", "benchmarks")
MOST_MODULES = 14
"""Modules of a room, `__init__.py` aside; a folder of more wants to be two."""

TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
ROOMS = sorted(path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))
LAZY_IMPORTS = {"typing": {"TYPE_CHECKING"}, "smile_edge.lazy": {"lazy_names"}}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def named_paths() -> list[str]:
    """Files and folders of the repository that the page names in backticks, and what it links to."""
    marked = re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", TEXT)
    tops = {path.name for path in ROOT.iterdir()}
    inside = {
        name
        for name in marked
        if name.endswith((".md", ".toml")) or ("/" in name and (name.endswith(".py") or name.split("/")[0] in tops))
    }
    linked = {f"docs/{target}" for target in re.findall(r"\]\(([^)#:]+)\)", TEXT)}
    return sorted(inside | linked)


def test_the_page_has_code() -> None:
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_code_block_runs_and_prints_what_it_says(
    number: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(BLOCKS[number], f"{PAGE.name}, block {number + 1}", "exec", dont_inherit=True)

    exec(code, {"__name__": "__main__"})

    said = re.findall(r"^print\(.*\)  # (.+)$", BLOCKS[number], re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.parametrize("room", [relative(path) for path in ROOMS])
def test_every_room_is_named(room: str) -> None:
    assert f"`{room}/`" in TEXT


@pytest.mark.parametrize("path", named_paths())
def test_every_named_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), re.findall(r"`([\w.]+)`(?: \(\w+\))? (?:in|of) `([\w/]+\.py)`", TEXT))
def test_a_name_said_to_be_in_a_file_is_there(name: str, path: str) -> None:
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", (ROOT / path).read_text("utf-8"))


def test_the_picture_is_drawn_from_the_contracts() -> None:
    drawn = runpy.run_path(str(ROOT / "docs" / "rooms.py"))
    assert drawn["PICTURE"].read_text("utf-8") == drawn["svg"](), "run: python docs/rooms.py"


@pytest.mark.parametrize("room", [relative(path) for path in ROOMS if path.parent.parent == ROOT])
def test_every_room_has_a_layer(room: str) -> None:
    package, name = room.split("/")
    layers = runpy.run_path(str(ROOT / "docs" / "rooms.py"))["layers_of"](package)
    assert name in {one for layer in layers for one in layer}


@pytest.mark.parametrize("room", ROOMS, ids=relative)
def test_a_room_is_small(room: Path) -> None:
    assert len([path for path in room.glob("*.py") if path.name != "__init__.py"]) <= MOST_MODULES


@pytest.mark.parametrize("room", ROOMS, ids=relative)
def test_an_init_file_imports_only_what_makes_names_lazy(room: Path) -> None:
    for node in ast.parse((room / "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.If):
            assert ast.unparse(node.test) == "TYPE_CHECKING"
            assert not node.orelse
            continue
        for inner in ast.walk(node):
            assert not isinstance(inner, ast.Import)
            if isinstance(inner, ast.ImportFrom):
                assert {alias.name for alias in inner.names} <= LAZY_IMPORTS.get(inner.module or "", set())
