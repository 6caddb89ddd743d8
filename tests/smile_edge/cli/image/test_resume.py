"""`image batch --resume` and `--retry-errors`."""

import json
import tracemalloc
from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli

pytestmark = pytest.mark.usefixtures("world")


def batch(pictures: Path, folder: Path, *options: object) -> tuple[int, str]:
    done = run_cli("image", "batch", pictures, "--jsonl", folder / "o.jsonl", "--csv", folder / "o.csv", *options)
    return done.exit_code, done.stderr


def test_a_run_goes_on_where_its_outputs_end(pictures: Path, tmp_path: Path) -> None:
    batch(pictures, tmp_path)
    whole = {name: (tmp_path / name).read_bytes() for name in ("o.jsonl", "o.csv")}
    lines = whole["o.jsonl"].splitlines(keepends=True)
    (tmp_path / "o.jsonl").write_bytes(lines[0] + lines[1][:50])

    code, said = batch(pictures, tmp_path, "--resume")

    assert code == 0, said
    assert "goes on after 1 images" in said
    assert "2 of 2 images" in said
    assert {name: (tmp_path / name).read_bytes() for name in whole} == whole


def test_a_run_without_outputs_begins(pictures: Path, tmp_path: Path) -> None:
    assert batch(pictures, tmp_path, "--resume")[0] == 0
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 3
    code, said = batch(pictures, tmp_path, "--resume")
    assert (code, "0 of 0 images" in said) == (0, True)


def test_images_that_failed_are_tried_again(pictures: Path, tmp_path: Path) -> None:
    good = (pictures / "2.png").read_bytes()
    (pictures / "2.png").write_bytes(b"")
    assert batch(pictures, tmp_path)[0] == 1
    code, said = batch(pictures, tmp_path, "--resume")
    assert code == 1
    assert "1 of them failed" in said
    (pictures / "2.png").write_bytes(good)

    code, said = batch(pictures, tmp_path, "--retry-errors")

    assert code == 0, said
    records = records_in((tmp_path / "o.jsonl").read_text())
    assert sorted(record["frame"] for record in records) == [0, 1, 2]
    assert not any("error" in record for record in records)


@pytest.mark.parametrize("options", [["--fast"], ["--min-score", "0.3"], ["--max-faces", "1"], ["--shard", "1/2"]])
def test_a_run_with_other_options_is_one_line(pictures: Path, tmp_path: Path, options: list[str]) -> None:
    batch(pictures, tmp_path)
    before = (tmp_path / "o.jsonl").read_bytes()

    done = run_cli("image", "batch", pictures, "--jsonl", tmp_path / "o.jsonl", "--resume", *options)

    assert f"other {options[0]}" in error_line(done)
    assert (tmp_path / "o.jsonl").read_bytes() == before


def test_a_run_with_other_images_is_one_line(pictures: Path, tmp_path: Path) -> None:
    batch(pictures, tmp_path)
    (pictures / "3.png").write_bytes((pictures / "1.png").read_bytes())

    done = run_cli("image", "batch", pictures, "--jsonl", tmp_path / "o.jsonl", "--resume")

    assert "other images" in error_line(done)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--jsonl", "-"], "give --jsonl a file"),
        (["--jsonl", "o.jsonl", "--overwrite"], "--overwrite"),
        (["--jsonl", "o.jsonl", "--annotate", "out"], "--annotate"),
    ],
)
def test_what_does_not_go_with_it_is_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert why in error_line(run_cli("image", "batch", pictures, "--resume", *options))


def test_the_file_beside_an_output_says_what_run_it_is_of(pictures: Path, tmp_path: Path) -> None:
    batch(pictures, tmp_path, "--fast")

    said = json.loads((tmp_path / "o.jsonl.run.json").read_text())

    assert (said["--fast"], said["number of images"], said["--shard"]) == (True, 3, "1/1")


def test_a_number_far_from_all_others_takes_no_more_memory(pictures: Path, tmp_path: Path) -> None:
    batch(pictures, tmp_path)
    path = tmp_path / "o.jsonl"
    path.write_text(path.read_text("utf-8").replace('"frame":1,', '"frame":999999999,'), "utf-8")

    tracemalloc.start()
    done = run_cli("image", "batch", pictures, "--jsonl", path, "--resume")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert done.exit_code == 2
    assert "--resume: the output holds 1 images that are not among these" in done.stderr
    assert most < 1 << 30


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_a_damaged_file_of_the_run_is_one_line(pictures: Path, tmp_path: Path, text: str) -> None:
    batch(pictures, tmp_path)
    (tmp_path / "o.jsonl.run.json").write_text(text, "utf-8")

    done = run_cli("image", "batch", pictures, "--jsonl", tmp_path / "o.jsonl", "--resume")

    assert "o.jsonl.run.json cannot be read" in error_line(done)
