"""The data set and the actor with Ray itself, as the page on clusters shows them; passed over without Ray."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from portraits import write_portraits
from program_runs import environment
from repository import ROOT

pytest.importorskip("ray", reason="the extra `ray`: .ci/run installs it in an environment of its own")
dataset = pytest.importorskip("pyarrow.dataset", reason="the extra `parquet`")

AROUND = """
from pathlib import Path
from smile_edge.batch.ray_data.cluster import Cluster

paths = sorted(Path("pictures").iterdir())
with Cluster(cpus=2):
    {code}
"""


def test_the_code_of_the_page_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[0]
    (tmp_path / "pictures").mkdir()
    paths = write_portraits(tmp_path / "pictures")
    script = AROUND.format(code=code.replace("concurrency=16", "concurrency=2").replace("\n", "\n    "))

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    found = dataset.dataset(tmp_path / "faces").to_table().sort_by("frame").to_pylist()
    assert [(row["frame"], row["source"]) for row in found] == [
        (number, str(path.relative_to(tmp_path))) for number, path in enumerate(paths)
    ]
    assert [row["error"] is None for row in found] == [True, False, True, True, True]


def test_one_block_needs_one_worker_and_no_warning(tmp_path: Path) -> None:
    picture = write_portraits(tmp_path)[0]
    words = ("image", "batch", picture, "--parquet", tmp_path / "parts", "--provider", "cpu", "--ray", "--workers", 2)

    done = subprocess.run(
        [sys.executable, "-m", "smile_edge", *map(str, words)], env=environment(), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
