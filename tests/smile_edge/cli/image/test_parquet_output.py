"""`image batch --parquet`."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_runs import error_line, records_in, run_cli

from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.records.names import unescaped_name

dataset = pytest.importorskip("pyarrow.dataset", reason="the extra `parquet`")
pytestmark = pytest.mark.usefixtures("world")


def batch(pictures: Path, folder: Path, *options: object) -> tuple[int, str]:
    outputs = ("--jsonl", folder / "o.jsonl", "--parquet", folder / "parts")
    done = run_cli("image", "batch", pictures, *outputs, *options)
    return done.exit_code, done.stderr


def rows(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = dataset.dataset(folder).to_table().to_pylist()
    return found


def test_a_folder_of_parts_says_what_the_records_say(pictures: Path, tmp_path: Path) -> None:
    (pictures / "2.png").write_bytes(b"")
    assert batch(pictures, tmp_path)[0] == 1

    records = records_in((tmp_path / "o.jsonl").read_text())
    found = rows(tmp_path / "parts")
    assert [(row["frame"], row["source"], row["faces"], row["error"]) for row in found] == [
        (record["frame"], record["source"], len(record["faces"]), record.get("error")) for record in records
    ]
    assert found[0]["box_x"] == pytest.approx(records[0]["faces"][0]["box"][0], abs=0.006)


def test_a_run_goes_on_and_tries_images_again(pictures: Path, tmp_path: Path) -> None:
    good = (pictures / "2.png").read_bytes()
    (pictures / "2.png").write_bytes(b"")
    batch(pictures, tmp_path)
    (pictures / "2.png").write_bytes(good)
    (tmp_path / "parts" / ".part-00001.parquet.new").write_bytes(b"PAR1")

    code, said = batch(pictures, tmp_path, "--resume")
    assert (code, "0 of 0 images" in said) == (1, True)
    code, said = batch(pictures, tmp_path, "--retry-errors")

    assert (code, "1 of 1 images" in said) == (0, True)
    assert sorted(row["frame"] for row in rows(tmp_path / "parts")) == [0, 1, 2]  # type: ignore[type-var]
    assert [path.name for path in (tmp_path / "parts").iterdir() if path.name.startswith(".")] == []


def test_ctrl_c_completes_the_part_that_is_under_way(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, calls = FacePipeline.process_batch, []

    def interrupted(self: FacePipeline, *given: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return look(self, *given, **options)

    with monkeypatch.context() as patched:
        patched.setattr(FacePipeline, "process_batch", interrupted)
        assert batch(pictures, tmp_path, "--workers", 1, "--batch", 1)[0] == 130
    assert [row["frame"] for row in rows(tmp_path / "parts")] == [0, 1]

    code, said = batch(pictures, tmp_path, "--resume")
    assert (code, "goes on after 2 images" in said) == (0, True)
    assert [row["frame"] for row in rows(tmp_path / "parts")] == [0, 1, 2]


def test_a_new_folder_begins_anew_beside_an_output_that_is_there(pictures: Path, tmp_path: Path) -> None:
    run_cli("image", "batch", pictures, "--jsonl", tmp_path / "o.jsonl")
    code, said = batch(pictures, tmp_path, "--resume")
    assert (code, "goes on after 0 images" in said) == (0, True)
    assert len(rows(tmp_path / "parts")) == 3


def test_shards_have_a_folder_each_and_names_that_never_clash(pictures: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        options = ("--parquet", tmp_path / "faces" / str(number), "--shard", f"{number}/2")
        assert run_cli("image", "batch", pictures, *options).exit_code == 0

    assert sorted(row["frame"] for row in rows(tmp_path / "faces")) == [0, 1, 2]  # type: ignore[type-var]
    assert len({path.name for path in (tmp_path / "faces").rglob("*.parquet")}) == 2
    other = ("--parquet", tmp_path / "faces" / "1", "--shard", "2/2", "--overwrite")
    assert "holds part-1of2-00000.parquet" in error_line(run_cli("image", "batch", pictures, *other))


def test_a_run_with_other_options_is_one_line(pictures: Path, tmp_path: Path) -> None:
    run_cli("image", "batch", pictures, "--parquet", tmp_path / "parts")
    for options in (["--fast"], ["--expression"], ["--min-score", "0.3"]):
        done = run_cli("image", "batch", pictures, "--parquet", tmp_path / "parts", "--resume", *options)
        assert f"other {options[0]}" in error_line(done)
    assert len(rows(tmp_path / "parts")) == 3


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        (["--parquet", "file"], "must name a folder"),
        (["--parquet", "-"], "must name a folder"),
        (["--parquet", ""], "must name a folder"),
        (["--parquet", "/"], "must name a folder"),
        (["--parquet", "n" * 300], "File name too long"),
        (["--parquet", "pictures"], "holds "),
        (["--parquet", "full"], "holds parts"),
        (["--parquet", "full", "--resume", "--overwrite"], "--overwrite"),
        (["--parquet", "other"], "holds notes.txt"),
        (["--parquet", "other", "--overwrite"], "holds notes.txt"),
        (["--parquet", "other", "--resume"], "holds notes.txt"),
        (["--parquet", "new", "--jsonl", "new"], "in the folder of --parquet"),
        (["--parquet", "new", "--csv", "new/o.csv"], "in the folder of --parquet"),
        (["--parquet", "new", "--annotate", "new/../new"], "in the folder of --parquet"),
        (["--parquet", "file/new"], "Not a directory"),
    ],
)
def test_what_cannot_be_a_folder_of_parts_is_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, targets: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("kept")
    run_cli("image", "batch", pictures, "--parquet", "full")

    assert why in error_line(run_cli("image", "batch", pictures, *targets))

    assert (tmp_path / "file").read_text() == (tmp_path / "other" / "notes.txt").read_text() == "kept"
    assert len(rows(tmp_path / "full")) == 3
    assert not (tmp_path / "new").exists()


def test_without_pyarrow_a_line_says_the_cure(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run_cli("image", "batch", pictures, "--parquet", tmp_path / "parts")
    assert "pip install pyarrow" in error_line(done)
    assert "pip install 'smile-edge[parquet]'" in error_line(done)
    assert not (tmp_path / "parts").exists()


@pytest.mark.skipif(os.name == "nt", reason="names of any bytes")
def test_names_of_any_bytes_come_through(pictures: Path, tmp_path: Path) -> None:
    names = [b"caf\xe9.png", b"back\\xff.png", b"a\nb.png"]
    for name in names:
        (pictures / os.fsdecode(name)).write_bytes((pictures / "1.png").read_bytes())

    assert batch(pictures, tmp_path)[0] == 0

    found = [Path(unescaped_name(str(row["source"]))) for row in rows(tmp_path / "parts")]
    assert {os.fsencode(path.name) for path in found} >= set(names)
    assert all(path.is_file() for path in found)
