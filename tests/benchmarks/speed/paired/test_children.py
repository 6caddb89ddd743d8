"""Workers that fail, die or are interrupted end in one line."""

import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import checkout_in, side

from benchmarks.speed.paired import children as paired_children
from benchmarks.speed.paired.checkout import Checkout
from benchmarks.speed.paired.children import stream_worker
from train.errors import DataError


@pytest.fixture
def children(monkeypatch) -> list[subprocess.Popen]:
    """The processes that were started."""
    started: list[subprocess.Popen] = []

    class Watched(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(paired_children.subprocess, "Popen", Watched)
    return started


def worker_that(does: str, folder: Path, monkeypatch) -> Checkout:
    """A small checkout, and this in place of the worker once that has said hello."""
    checkout = side(checkout_in(folder), folder / "s")
    package = json.dumps({"package": str(folder / "smile_edge" / "__init__.py")})
    (folder / "worker.py").write_text(f"import sys, time\n{does}".replace("HELLO", f"print({package!r}, flush=True)"))
    monkeypatch.setattr(paired_children, "WORKER", folder / "worker.py")
    return checkout


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("sys.exit('no model')", "the old side ended with 1: no model"),
        ("print('hello', flush=True); input()", "the old side answers no JSON: hello"),
        ('print(\'{"package": "/gone"}\', flush=True); input()', "runs another package"),
        ("time.sleep(60)", "ended with -9: no message"),
    ],
)
def test_a_worker_that_fails_is_one_line_and_ends(tmp_path, monkeypatch, children, does, said):
    checkout = worker_that(does, tmp_path, monkeypatch)
    monkeypatch.setattr(paired_children, "LONGEST_S", 0.5)
    with pytest.raises(DataError, match=said), stream_worker(checkout, Path("images.npy"), 1):
        pass
    assert children[-1].returncode is not None


def test_a_worker_that_dies_between_two_readings_is_one_line(tmp_path, monkeypatch):
    checkout = worker_that("HELLO; input(); sys.exit('too hot')", tmp_path, monkeypatch)
    with stream_worker(checkout, Path("images.npy"), 1) as measure:
        for _ in range(2):
            with pytest.raises(DataError, match="the old side ended with 1: too hot"):
                measure()


def test_an_interrupt_ends_the_worker(tmp_path, monkeypatch, children):
    checkout = worker_that("HELLO; time.sleep(60)", tmp_path, monkeypatch)

    def interrupted() -> None:
        with stream_worker(checkout, Path("images.npy"), 1):
            assert children[-1].poll() is None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert children[-1].returncode is not None
