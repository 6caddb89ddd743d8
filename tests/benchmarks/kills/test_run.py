"""A batch that is killed and goes on; `python -m benchmarks kills` is the long form."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.kills.outputs import wrong_with
from benchmarks.kills.run import Killed, kill_run

pytest.importorskip("pyarrow", reason="the extra `parquet`")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL, and /proc for the memory")

Run = tuple[Path, Killed, list[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, said = tmp_path_factory.mktemp("killed"), []
    done = kill_run(folder, 240, 3, longest_s=6.0, part=20, seed=1, tell=said.append)
    return folder, done, said


def test_no_row_is_lost_or_doubled_and_memory_is_bounded(run: Run) -> None:
    _, done, said = run
    assert done.wrong == [], said
    assert done.kills == 3
    assert 10e6 < done.peak_bytes < 300e6


def spoil_lines(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-2], lines[-1], lines[-1]]))


def spoil_coco(path: Path) -> None:
    found = json.loads(path.read_text())
    found["annotations"].pop()
    path.write_text(json.dumps(found))


@pytest.mark.parametrize("name", ["o.csv", "o.json", "parts"])
def test_what_is_wrong_with_an_output_is_told(run: Run, name: str, tmp_path: Path) -> None:
    folder, _, _ = run
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    for path in folder.glob("o.*"):
        (spoilt / path.name).write_bytes(path.read_bytes())
    (spoilt / "parts").mkdir()
    for path in sorted((folder / "parts").iterdir())[name == "parts" :]:
        (spoilt / "parts" / path.name).write_bytes(path.read_bytes())
    if name != "parts":
        {"o.csv": spoil_lines, "o.json": spoil_coco}[name](spoilt / name)

    assert {line.split()[0] for line in wrong_with(spoilt, folder / "pictures.txt")} == {name}
