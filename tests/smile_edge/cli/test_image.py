"""`image batch`: records in order, broken images, and processes for many."""

import json
from pathlib import Path

import pytest
from cli_runs import records_in, run_cli
from portraits import write_portraits
from typer.testing import CliRunner

import smile_edge.batch.runner
import smile_edge.cli.image


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five images, the second broken."""
    return write_portraits(tmp_path)


def test_the_command_gives_many_images_to_processes(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smile_edge.cli.image, "_WORTH_A_PROCESS", 2)
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
    assert len(out.read_text().splitlines()) == 3
