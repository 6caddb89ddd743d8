"""`image batch --list` and `--shard`."""

import json
import os
from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli
from typer.testing import CliRunner

from smile_edge.cli import app

pytestmark = pytest.mark.usefixtures("world")


def test_images_of_a_list_come_in_its_order_and_a_missing_one_is_a_record(pictures: Path, tmp_path: Path) -> None:
    names = [pictures / "10.png", pictures / "no.png", pictures, pictures / "1.png"]
    (tmp_path / "list.txt").write_text("\n".join(map(str, names)))

    done = run_cli("image", "batch", "--list", tmp_path / "list.txt", "--jsonl", "-")

    records = records_in(done.stdout)
    assert done.exit_code == 1
    assert [record["source"] for record in records] == list(map(str, names))
    assert ["error" in record for record in records] == [False, True, True, False]
    assert "4 of 4 images, 2 faces, 2 failed" in done.stderr


def test_a_list_comes_from_standard_input(pictures: Path) -> None:
    names = b"\0".join(os.fsencode(pictures / f"{number}.png") for number in (2, 1))

    done = CliRunner().invoke(app, ["image", "batch", "--list", "-", "--jsonl", "-", "--workers", "1"], input=names)

    assert done.exit_code == 0, done.output
    assert [Path(json.loads(line)["source"]).name for line in done.stdout.splitlines()] == ["2.png", "1.png"]
    assert "2 images, 2 faces" in done.stderr


def test_shards_keep_the_numbers_of_the_whole(pictures: Path) -> None:
    runs = [run_cli("image", "batch", pictures, "--jsonl", "-", "--shard", f"{number}/2") for number in (1, 2)]

    assert [[record["frame"] for record in records_in(run.stdout)] for run in runs] == [[0, 2], [1]]
    assert "2 of 2 images" in runs[0].stderr


def test_a_shard_without_images_is_empty(pictures: Path) -> None:
    done = run_cli("image", "batch", pictures, "--jsonl", "-", "--shard", "4/4")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 of 0 images" in done.stderr


def test_images_are_named_in_one_way(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "l").write_text("x.jpg\n")
    for words in ([], [pictures, "--list", tmp_path / "l"]):
        assert "PATH... or --list FILE" in error_line(run_cli("image", "batch", *words, "--jsonl", "-"))


@pytest.mark.parametrize("shard", ["5/4", "x"])
def test_a_shard_out_of_range_is_one_line(pictures: Path, shard: str) -> None:
    assert "--shard must be" in error_line(run_cli("image", "batch", pictures, "--jsonl", "-", "--shard", shard))


def test_no_output_takes_the_place_of_the_list_or_of_an_image_of_it(pictures: Path, tmp_path: Path) -> None:
    image, listed = pictures / "1.png", tmp_path / "list.txt"
    listed.write_text(f"{image}\n")
    before = image.read_bytes()

    for target in (image, listed):
        error_line(run_cli("image", "batch", "--list", listed, "--csv", target, "--overwrite"))

    assert "--annotate" in error_line(run_cli("image", "batch", "--list", listed, "--annotate", tmp_path / "out"))
    assert (image.read_bytes(), listed.read_text()) == (before, f"{image}\n")
