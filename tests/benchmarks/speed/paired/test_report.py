"""What the table of a paired comparison says."""

import subprocess

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import checkout_in, stub

from benchmarks.speed.paired.children import Reading
from benchmarks.speed.paired.report import commit_of, table_of
from benchmarks.speed.paired.rounds import judge


def test_what_else_differs_is_said():
    pairs = [(Reading(1.0, {"faces": 4.0, "images": 9}), Reading(1.0, {"faces": 3.0, "images": 9}))] * 11
    assert judge(stub(), pairs, 0.03).notes == ["stub: faces differs: old 4.0, new 3.0"]
    assert "stub: faces differs" in table_of([judge(stub(), pairs, 0.03)])


def test_the_commit_is_that_of_the_folder_itself(tmp_path):
    assert commit_of(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    checkout_in(tmp_path)
    try:
        subprocess.run([*git, "init", "-q"], check=True)
    except FileNotFoundError:
        pytest.skip("needs git")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    clean = commit_of(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    assert commit_of(tmp_path / "smile_edge") is None
    (tmp_path / "smile_edge" / "__init__.py").write_text("changed = True\n")
    assert commit_of(tmp_path) == f"{clean}-dirty"
