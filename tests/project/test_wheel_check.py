"""What CI does with the wheel: the README's commands and Python are found, and what fails is told."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from repository import ROOT

README = (ROOT / "README.md").read_text("utf-8")
LARGE_OF_SLIM = {"onnxruntime": "onnxruntime-gpu", "opencv-python-headless": "opencv-python"}


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_readme", ROOT / ".ci" / "check_readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_of_the_readme_is_found(check: ModuleType) -> None:
    found = set(check.commands(README))

    assert {"smile-edge webcam", "smile-edge image batch photos/ --annotate out/", "make test"} <= found
    assert "smile-edge webcam demo" in found  # of a comment
    mentioned = {command for command in found if command.startswith("smile-edge")}
    assert len(mentioned) >= len(re.findall(r"^smile-edge", README, re.MULTILINE))
    assert check.python_blocks(README)


def test_what_is_left_out_has_a_reason_and_most_is_not(check: ModuleType) -> None:
    reasons = {command: check.left_out(command) for command in check.commands(README)}

    assert "camera" in reasons["smile-edge webcam"]
    assert "checkout" in reasons["make demo"]
    assert "checkout" in reasons["pip install ."]
    assert reasons["smile-edge image batch photos/ --annotate out/"] is None
    assert reasons["smile-edge webcam clip.mp4 --jsonl faces.jsonl"] is None


def test_python_of_which_each_line_runs_is_good(check: ModuleType, tmp_path: Path) -> None:
    assert check.run_python("def twice(x):\n    return 2 * x\n\nprint(twice(2))\n", tmp_path) == "ran"


@pytest.mark.parametrize(
    ("block", "told"), [("for x in []:\n    print(x)\n", r"not run: \[2\]"), ("raise ValueError('no')\n", "no")]
)
def test_python_that_fails_or_is_not_reached_is_told(block: str, told: str, check: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=rf"(?s)exit code 1.*{told}"):
        check.run_python(block, tmp_path)


def test_a_command_that_fails_is_told(check: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exit code 2"):
        check.run_command("python -c 'raise SystemExit(2)'", tmp_path)


@pytest.mark.parametrize("name", ["docs/install.md", "docs/deploy/Dockerfile", "docs/deploy/smile-edge.service"])
def test_a_slim_install_is_all_that_the_package_needs(name: str) -> None:
    """Of the names in `pyproject.toml`, but for the wheels that are large; `websockets` is what `serve` needs."""
    line = re.search(
        r"pip install (?:--no-cache-dir )?(numpy [\w -]+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE
    )
    assert line is not None
    named = {LARGE_OF_SLIM.get(word, word) for word in line[1].split()} - {"websockets"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert named == {Requirement(text).name for text in project["dependencies"]} - {"onnxruntime"}
