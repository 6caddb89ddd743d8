"""The fuzz runs find what does harm, and give the same files for a seed."""

import os
import random
import sys
from pathlib import Path

import pytest

from benchmarks.fuzz import run
from benchmarks.fuzz.mutations import damaged_bytes, damaged_json
from benchmarks.fuzz.run import fuzz_labels, fuzz_manifests
from benchmarks.fuzz.samples import label_samples, picture_samples
from smile_edge.imaging.formats.image_header import image_header

resource = pytest.importorskip("resource", reason="as POSIX has it")
pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")


def test_a_seed_gives_the_same_damage() -> None:
    data = bytes(range(256)) * 4
    first, again, other = (damaged_bytes(data, random.Random(seed), [data]) for seed in (1, 1, 2))
    assert first == again != other
    assert damaged_json({"a": [1, 2]}, random.Random(3)) == damaged_json({"a": [1, 2]}, random.Random(3))


def test_samples_are_sound() -> None:
    assert all(image_header(data) for data in picture_samples().values())
    assert len(label_samples()) == 5


def test_damaged_manifests_and_label_files_do_no_harm(tmp_path: Path) -> None:
    assert fuzz_manifests(3, 5, tmp_path / "manifests", lambda _: None) == []
    assert fuzz_labels(10, 5, tmp_path / "labels", lambda _: None) == []


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("x = b'x' * 600_000_000", "GB"),
        ("import sys; print('libpng error: bad', file=sys.stderr)", "libpng"),
        ("", None),
    ],
)
def test_what_a_process_does_wrong_is_seen(code: str, wrong: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process that this one starts counts this one's memory as well.
    own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    monkeypatch.setattr(run, "MOST_BYTES", max(own_bytes, 100_000_000) + 50_000_000)
    code = code.replace("600_000_000", str(run.MOST_BYTES))
    found = run._run(["-c", code], 60).wrong()
    assert (found is None) == (wrong is None)
    assert wrong is None or wrong in (found or "")


def test_a_process_that_does_not_end_is_killed() -> None:
    assert run._run(["-c", "import time; time.sleep(600)"], 0.5).code == -9
