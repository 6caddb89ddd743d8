"""`image batch`: records in order, broken images, and processes for many."""

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli
from fake_world import ExpressiveWorld, face_points
from gates import WAIT_S
from portraits import PORTRAIT, write_portraits
from spoiled_images import spoil_workers
from typer.testing import CliRunner

import smile_edge.batch.runner
import smile_edge.cli.image.work
from smile_edge.batch.worker_process import WorkerProcess
from smile_edge.pipeline.models import Models
from smile_edge.runtime.report import ExecutionReport


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five images, the second broken."""
    return write_portraits(tmp_path)


def test_the_command_gives_many_images_to_processes(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smile_edge.cli.image.work, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(smile_edge.batch.runner, "process_images", None)  # threads would fail

    command = ["image", "batch", str(tmp_path), "--jsonl", "-", "--workers", "2", "--provider", "cpu"]
    done = CliRunner().invoke(smile_edge.cli.app, command)

    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["source"] for record in records] == [str(path) for path in paths]
    assert [len(record["faces"]) for record in records] == [1, 0, 1, 1, 1]
    assert done.exit_code == 1  # one image is broken


@pytest.mark.usefixtures("world")
def test_image_batch_keeps_natural_order_and_tells_the_count(pictures: Path, tmp_path: Path) -> None:
    annotated = tmp_path / "annotated"

    result = run_cli("image", "batch", pictures, "--jsonl", "-", "--annotate", annotated)

    assert result.exit_code == 0, result.output
    assert [Path(record["source"]).name for record in records_in(result.stdout)] == ["1.png", "2.png", "10.png"]
    assert "3 of 3 images, 3 faces, 0 failed" in result.stderr
    assert len(list(annotated.iterdir())) == 3


@pytest.mark.usefixtures("world")
def test_a_broken_image_is_a_record_and_exit_code_1(pictures: Path, tmp_path: Path) -> None:
    (pictures / "2.png").write_bytes(b"\x89PNG but not really")
    out = tmp_path / "out.csv"

    result = run_cli("image", "batch", pictures, "--jsonl", "-", "--csv", out, "--annotate", tmp_path / "annotated")

    assert result.exit_code == 1
    assert ["error" in record for record in records_in(result.stdout)] == [False, True, False]
    assert "3 of 3 images, 2 faces, 1 failed" in result.stderr
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["faces"], bool(row["error"])) for row in rows] == [("1", False), ("0", True), ("1", False)]


@pytest.mark.usefixtures("world")
def test_where_there_are_no_processes_threads_do_the_work_and_a_line_says_so(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: WorkerProcess) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(WorkerProcess, "__init__", refused)

    result = run_cli("image", "batch", pictures, "--jsonl", "-", "--provider", "cpu", "--timeout", "60")

    assert result.exit_code == 0, result.output
    assert len(records_in(result.stdout)) == 3
    first, last = result.stderr.splitlines()
    assert "worker processes cannot be started: Resource temporarily unavailable; threads do their work" in first
    assert last.startswith("3 of 3 images")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills processes by a signal")
@pytest.mark.parametrize(
    ("options", "spoiled", "why"),
    [(["--timeout", "60"], "lethal", "SIGKILL"), (["--annotate", "out", "--timeout", "0.5"], "hanging", "no result")],
    ids=["a process dies", "a thread hangs"],
)
def test_an_image_that_costs_workers_is_a_record_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], spoiled: str, why: str
) -> None:
    spoil_workers(tmp_path / "site", monkeypatch)
    monkeypatch.setenv("SPOIL_THREADS", "1" if spoiled == "hanging" else "")
    for name in ("a", spoiled, "z"):
        (tmp_path / f"{name}.jpg").write_bytes(PORTRAIT.read_bytes())
    words = ["image", "batch", "a.jpg", f"{spoiled}.jpg", "z.jpg", "--jsonl", "-", "--provider", "cpu", *options]

    command = [sys.executable, "-m", "smile_edge", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_S * 4)

    assert done.returncode == 1, done.stderr
    assert ["error" in record for record in records_in(done.stdout)] == [False, True, False]
    assert why in records_in(done.stdout)[1]["error"]
    assert "1 failed" in done.stderr


def test_image_batch_gives_expressions_where_asked(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = ExpressiveWorld(lambda index: [face_points(x=160, y=120)])
    models = Models(world, world, (("landmarks", ExecutionReport("auto", "cpu", None, "fake", 1.0)),))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)
    for options, wanted in (([], None), (["--expression"], 0.75)):
        result = run_cli("image", "batch", pictures, "--jsonl", "-", *options)

        assert result.exit_code == 0, result.output
        faces = [face for record in records_in(result.stdout) for face in record["faces"]]
        assert faces
        assert {face.get("expression", {}).get("jawOpen") for face in faces} == {wanted}
        assert {(face["smile"], face["visible"][66], face["visible"][0]) for face in faces} == {(None, 0.1, None)}


@pytest.mark.usefixtures("world")
def test_image_batch_refuses_an_expression_that_the_model_does_not_give(pictures: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("earlier\n")

    result = run_cli("image", "batch", pictures, "--jsonl", kept, "--overwrite", "--expression")

    assert result.exit_code == 2
    assert "expressions were asked for, and the landmark model gives none" in error_line(result)
    assert kept.read_text() == "earlier\n"
