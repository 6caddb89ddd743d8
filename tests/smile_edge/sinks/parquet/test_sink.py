"""Folders of Parquet parts: each whole or not there."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_world import face_of, face_points

import smile_edge.sinks.parquet.sink
from smile_edge.errors import SinkError, UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.parquet import ParquetSink, faces_table
from smile_edge.sinks.parquet.counts import counts_of

dataset = pytest.importorskip("pyarrow.dataset", reason="the extra `parquet`")

FACE = face_of(face_points())
NOTHING = Frame(np.empty((0, 0, 3), np.uint8))


def write(sink: ParquetSink, *numbers: int) -> None:
    for number in numbers:
        sink.write(NOTHING, FrameResult(f"{number}.jpg", number, None, 64, 48, (FACE,) * (number % 3)))


def frames(folder: Path) -> list[int]:
    return list(dict.fromkeys(dataset.dataset(folder).to_table().column("frame").to_pylist()))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four images, in row groups of three rows."""
    monkeypatch.setattr(smile_edge.sinks.parquet.sink, "IMAGES_A_PART", 4)
    monkeypatch.setattr(smile_edge.sinks.parquet.sink, "_ROWS_A_GROUP", 3)


def test_parts_hold_whole_images_and_are_one_data_set(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "faces") as sink:
        write(sink, *range(10))

    assert names(tmp_path / "faces") == [f"part-0000{number}.parquet" for number in range(3)]
    assert frames(tmp_path / "faces") == list(range(10))
    counts = [dataset.dataset(tmp_path / "faces" / name).to_table() for name in names(tmp_path / "faces")]
    assert [len(set(part.column("frame").to_pylist())) for part in counts] == [4, 4, 2]


def test_a_part_that_is_being_written_is_passed_over_by_readers(tmp_path: Path) -> None:
    with ParquetSink(tmp_path) as sink:
        write(sink, *range(7))
        assert names(tmp_path) == [".part-00001.parquet.new", "part-00000.parquet"]
        assert frames(tmp_path) == [0, 1, 2, 3]


def test_a_part_is_whole_after_some_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smile_edge.sinks.parquet.sink, "PART_S", 0.0)
    with ParquetSink(tmp_path) as sink:
        write(sink, 0, 1)
        assert frames(tmp_path) == [0, 1]


def test_nothing_written_leaves_nothing(tmp_path: Path) -> None:
    ParquetSink(tmp_path / "new" / "faces").close()
    (tmp_path / "old").mkdir()
    ParquetSink(tmp_path / "old").close()
    assert not (tmp_path / "new" / "faces").exists()
    assert names(tmp_path / "old") == []


def test_parts_are_refused_replaced_at_the_first_image_or_kept(tmp_path: Path) -> None:
    with ParquetSink(tmp_path) as sink:
        write(sink, *range(6))
    before = names(tmp_path)
    with pytest.raises(UsageError, match="--overwrite"):
        ParquetSink(tmp_path)
    ParquetSink(tmp_path, existing="replace").close()
    assert names(tmp_path) == before

    with ParquetSink(tmp_path, existing="append") as sink:
        write(sink, 6)
    assert frames(tmp_path) == list(range(7))

    with ParquetSink(tmp_path, existing="replace") as sink:
        write(sink, 9)
    assert frames(tmp_path) == [9]


@pytest.mark.parametrize("name", [".part-00000.parquet.new", ".part-00007.parquet.new", ".smile-edge-write-test"])
def test_what_a_killed_run_left_goes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PAR1")
    with ParquetSink(tmp_path) as sink:
        write(sink, 0)
    assert names(tmp_path) == ["part-00000.parquet"]


def test_what_a_dot_hides_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    with ParquetSink(tmp_path) as sink:
        write(sink, 0)
    assert names(tmp_path) == [".DS_Store", "part-00000.parquet"]
    assert frames(tmp_path) == [0]


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part-1of2-00000.parquet").touch()
    for label in ("", "2of2"):
        with pytest.raises(UsageError, match="holds part-1of2-00000"):
            ParquetSink(tmp_path, label=label, existing="replace")
    assert names(tmp_path) == ["part-1of2-00000.parquet"]


@pytest.mark.skipif(sys.platform == "win32", reason="folders are locked on POSIX")
def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    with ParquetSink(tmp_path), pytest.raises(SinkError, match="another run"):
        ParquetSink(tmp_path)
    ParquetSink(tmp_path).close()


def test_a_full_disk_leaves_whole_parts_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    sink = ParquetSink(tmp_path)
    write(sink, *range(5))
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(SinkError, match="No space left on device; free some space"):
        write(sink, *range(5, 8))
    sink.close()

    assert names(tmp_path) == ["part-00000.parquet"]
    assert frames(tmp_path) == [0, 1, 2, 3]


def test_without_pyarrow_a_line_says_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SinkError, match=r"pip install 'smile-edge\[parquet\]'"):
        ParquetSink(tmp_path / "faces")
    assert not (tmp_path / "faces").exists()


def test_tables_and_results_come_into_the_same_parts(tmp_path: Path) -> None:
    results = [FrameResult(f"{number}.jpg", number, None, 64, 48, (FACE,) * 2) for number in range(6)]
    with ParquetSink(tmp_path / "faces", run={"a": 1}) as sink:
        for block in (results[:3], results[3:5]):
            sink.write_table(faces_table(block))
        write(sink, 5)

    assert names(tmp_path / "faces") == ["part-00000.parquet", "part-00001.parquet"]
    assert sorted(frames(tmp_path / "faces")) == list(range(6))
    assert dataset.dataset(tmp_path / "faces").to_table().num_rows == 12


def test_counts_are_those_of_the_images() -> None:
    results = [
        FrameResult("0", 0, None, 64, 48, (FACE,) * 2, warning="cut"),
        FrameResult("1", 1, None, 64, 48, ()),
        FrameResult("2", 2, None, 0, 0, error="broken"),
    ]
    assert counts_of(faces_table(results)) == (3, 2, 1, 1)
    assert counts_of(faces_table([])) == (0, 0, 0, 0)
