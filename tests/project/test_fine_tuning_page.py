"""The page on fine-tuning: its commands run, its points and messages are those of the code. Needs TensorFlow."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files

import pytest
from fine_tuning_data import LABELLED, start_folder, write_csv
from repository import ROOT

from smile_edge.runtime.manifest import find_models
from smile_edge.topology import TOPOLOGY_49

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

PAGE = ROOT / "docs" / "fine-tuning.md"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A folder with `landmarks.keras`."""
    return start_folder(tmp_path_factory.mktemp("start"))


def page_commands():
    """The commands of the page, in order: the indented lines."""
    return [
        line.strip() for line in PAGE.read_text("utf-8").splitlines() if re.match(r"    (python|smile-edge) ", line)
    ]


def run_command(command, folder):
    words = shlex.split(command.split("  #")[0])
    words = {"python": [sys.executable], "smile-edge": [sys.executable, "-m", "smile_edge"]}[words[0]] + words[1:]
    if "train" in words[:3]:
        words += ["--minutes", "0.03", "--batch", "4", "--epoch-steps", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_every_command_of_the_page_runs_on_a_small_set(start, tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(start / "landmarks.keras", tmp_path / "models")
    write_csv(tmp_path, 6)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "portrait.jpg").write_bytes((files("smile_edge") / "assets" / "astronaut.jpg").read_bytes())
    commands = page_commands()
    assert len(commands) >= 3
    for command in commands:
        done = run_command(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    records = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().splitlines()]
    assert len(records) == 1
    assert (tmp_path / "annotated" / "portrait.jpg").is_file()
    if start == find_models():
        assert len(records[0]["faces"]) == 1


def test_the_page_names_every_point():
    page = PAGE.read_text("utf-8")
    for group, indices in TOPOLOGY_49.groups.items():
        first, last = (TOPOLOGY_49.names[indices[place]] for place in (0, -1))
        assert re.search(rf"`{first}` .*`{last}`", page), group
    for name in LABELLED:
        assert f"`{name}`" in page


def test_every_message_that_the_page_explains_is_in_the_code():
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    messages = [row for row in rows if " " in row]
    code = " ".join(re.sub(r'"\s*f?"', "", path.read_text("utf-8")) for path in (ROOT / "train").rglob("*.py"))
    assert len(messages) >= 6
    for message in messages:
        assert message in code, message
