"""`image batch --ray` on a Ray of two workers on this machine; passed over where Ray is not installed."""

import os
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from many_pictures import fill_with_pictures
from portraits import PORTRAIT
from processes import children, wait_until
from program_runs import ended, environment, start
from repository import ROOT
from spoiled_images import spoil_workers

from smile_edge.records.names import unescaped_name

pytest.importorskip("ray", reason="the extra `ray`: .ci/run installs it in an environment of its own")
dataset = pytest.importorskip("pyarrow.dataset", reason="the extra `parquet`")
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")

MODELS = ("--provider", "cpu", "--precision", "float32", "--fast")
WITHIN_S = 240.0
"""Ray starts in ten seconds, on a machine that does much else in many more."""


def batch(folder: Path, *options: object, **rest: Any) -> "subprocess.Popen[str]":
    words = ("image", "batch", folder / "pictures", "--parquet", folder / "parts", *MODELS)
    return start(*words, "--ray", "--workers", 2, *options, **rest)


def rows(folder: Path) -> list[dict[str, Any]]:
    columns = ["frame", "source", "faces", "error"]
    found: list[dict[str, Any]] = dataset.dataset(folder / "parts").to_table(columns=columns).to_pylist()
    return sorted(found, key=lambda row: row["frame"])


def below(pid: int) -> list[int]:
    """All processes that it started, and those that they did."""
    return [one for child in children(pid) for one in (child, *below(child))]


def called(pid: int, name: str) -> bool:
    try:
        return name in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def actors_at_work(pid: int) -> list[int]:
    """Actors below a command whose own processes are open."""
    return [one for one in below(pid) if called(one, "ray::MapWorker") and children(one)]


def add_generated(folder: Path, count: int) -> None:
    rng = np.random.default_rng(3)
    for number in range(count):
        cv2.imwrite(str(folder / f"generated-{number}.png"), rng.integers(0, 256, (90, 120, 3), np.uint8))


def test_a_worker_that_is_killed_loses_and_doubles_no_row(tmp_path: Path) -> None:
    pictures = fill_with_pictures(tmp_path / "pictures", 600)
    add_generated(pictures, 40)
    process = batch(tmp_path)
    try:
        assert wait_until(lambda: process.poll() is not None or len(actors_at_work(process.pid)) == 2, WITHIN_S)
        os.kill(actors_at_work(process.pid)[0], signal.SIGKILL)
        code, out, said = ended(process)
    finally:
        process.kill()

    assert (code, out, said.count("\n")) == (0, "", 1), said
    assert "640 of 640 images, 600 faces, 0 failed" in said
    found = rows(tmp_path)
    assert [row["frame"] for row in found] == list(range(640))
    assert Counter(row["source"] for row in found) == Counter(map(str, pictures.iterdir()))


def test_broken_and_lethal_images_are_rows_and_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_workers(tmp_path / "site", monkeypatch)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in (b"a.jpg", b"caf\xe9.jpg", b"fatal.jpg", b"lethal.jpg", b"z.jpg"):
        (pictures / os.fsdecode(name)).write_bytes(PORTRAIT.read_bytes())
    (pictures / "broken.jpg").write_bytes(b"")
    spoiling = f"{tmp_path / 'site'}:{ROOT}"

    code, _, said = ended(batch(tmp_path, env=environment(PYTHONPATH=spoiling)))
    assert (code, said.count("\n")) == (1, 1), said
    found = {os.fsencode(Path(unescaped_name(row["source"])).name): row for row in rows(tmp_path)}
    assert {name for name, row in found.items() if row["error"]} == {b"broken.jpg", b"fatal.jpg", b"lethal.jpg"}
    assert "SIGKILL" in found[b"lethal.jpg"]["error"]
    assert {row["faces"] for row in found.values() if not row["error"]} == {1}

    (pictures / "broken.jpg").write_bytes(PORTRAIT.read_bytes())
    code, _, said = ended(batch(tmp_path, "--retry-errors", env=environment()))
    assert (code, "3 of 3 images, 3 faces, 0 failed" in said) == (0, True), said
    assert [(row["frame"], row["faces"]) for row in rows(tmp_path)] == [(number, 1) for number in range(6)]


def test_models_that_cannot_be_opened_are_one_line(tmp_path: Path) -> None:
    fill_with_pictures(tmp_path / "pictures", 2)
    (tmp_path / "models").mkdir()
    code, _, said = ended(batch(tmp_path, "--models", tmp_path / "models"))
    assert (code, said.count("\n")) == (2, 1), said
    assert "No model" in said
    assert not (tmp_path / "parts").exists()


def test_an_interrupted_run_leaves_whole_parts_and_no_process(tmp_path: Path) -> None:
    fill_with_pictures(tmp_path / "pictures", 4_000)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = batch(tmp_path, env=environment(TMPDIR=str(temporary), RAY_TMPDIR=tempfile.gettempdir()))
    assert wait_until(lambda: process.poll() is not None or len(actors_at_work(process.pid)) == 2, WITHIN_S)
    started = below(process.pid)

    process.send_signal(signal.SIGINT)
    code, _, said = ended(process)

    assert (code, said.count("\n"), "interrupted" in said) == (130, 1, True), said
    assert wait_until(lambda: not any(called(pid, "ray") for pid in started))
    assert not [path for path in temporary.iterdir() if path.name.startswith("smile-edge")]
    numbers = [row["frame"] for row in rows(tmp_path)] if (tmp_path / "parts").exists() else []
    assert len(numbers) == len(set(numbers)) < 4_000
