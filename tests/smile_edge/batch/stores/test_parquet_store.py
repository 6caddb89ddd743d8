"""Parquet parts of a run that was cut go on, beside text outputs that were cut elsewhere."""

import random
from pathlib import Path

import pytest
from fake_world import face_of, face_points

import smile_edge.sinks.parquet.sink
from smile_edge.batch.inputs import Inputs
from smile_edge.batch.resume import resume
from smile_edge.batch.schedule import EMPTY
from smile_edge.batch.stores.parquet_store import ParquetStore
from smile_edge.batch.stores.run_file import RecordedSink
from smile_edge.batch.stores.text_store import TextStore
from smile_edge.errors import UsageError
from smile_edge.records import Frame, FrameResult, read_records
from smile_edge.records.names import unescaped_name
from smile_edge.sinks import JsonlSink
from smile_edge.sinks.parquet import ParquetSink

dataset = pytest.importorskip("pyarrow.dataset", reason="the extra `parquet`")

RUN = {"schema": 2, "--fast": False, "roi": (1, 2)}
FACE = face_of(face_points())
NAMES = [Path(f"folder/{number}\\x{number}\udcff\n.jpg") for number in range(23)]
INPUTS = Inputs.of_files(NAMES)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smile_edge.sinks.parquet.sink, "IMAGES_A_PART", 5)
    monkeypatch.setattr(smile_edge.sinks.parquet.sink, "_ROWS_A_GROUP", 4)


def write(folder: Path, numbers: list[int], *, broken: tuple[int, ...] = (7,), stop: bool = False) -> None:
    """Into `parts` and `o.jsonl`; `stop` leaves the last part as a killed run does."""
    lines, parts = folder / "o.jsonl", folder / "parts"
    goes_on = lines.exists() and lines.stat().st_size > 0
    text = JsonlSink(lines, append=True) if goes_on else RecordedSink(JsonlSink(lines), lines, RUN)  # type: ignore[arg-type]
    columns = ParquetSink(parts, run=RUN, existing="append")
    for number in numbers:
        error = "broken" if number in broken else None
        faces = () if error else (FACE,) * (number % 4)
        result = FrameResult(str(NAMES[number]), number, None, 64, 48, faces, error=error)
        for sink in (text, columns):
            sink.write(Frame(EMPTY, number), result)
    text.close()
    left = {path: path.read_bytes() for path in parts.glob(".*.new")} if stop else {}
    columns.close()
    for path, data in left.items():
        path.with_name(path.name[1:].removesuffix(".new")).unlink()
        path.write_bytes(data)


def go_on(folder: Path, *, retry: bool = False, run: dict[str, object] = RUN) -> list[int]:
    stores = [TextStore("jsonl", folder / "o.jsonl"), ParquetStore(folder / "parts")]
    todo = [number for number, _ in resume(stores, INPUTS, run, retry=retry)]
    write(folder, todo, broken=() if retry else (7,))
    return todo


def whole(folder: Path) -> None:
    """Holds that both outputs have each image once, whole."""
    records = sorted(read_records(folder / "o.jsonl"), key=lambda record: record.frame)
    assert [record.frame for record in records] == list(range(len(NAMES)))
    rows = dataset.dataset(folder / "parts").to_table(columns=["frame", "source", "faces", "id", "error"]).to_pylist()
    told = [(row["frame"], row["faces"], row["id"], row["error"]) for row in rows]
    expected = [
        (record.frame, len(record.faces), number, record.error)
        for record in records
        for number in ([face.id for face in record.faces] or [None])
    ]
    assert sorted(told, key=lambda row: row[0]) == expected
    assert all(Path(unescaped_name(row["source"])) == NAMES[row["frame"]] for row in rows)
    assert not [path for path in (folder / "parts").iterdir() if path.name.startswith(".")]


def test_a_run_that_is_killed_anywhere_goes_on(tmp_path: Path) -> None:
    rng = random.Random(5)
    for turn in range(12):
        folder = tmp_path / str(turn)
        folder.mkdir()
        write(folder, list(range(rng.randrange(len(NAMES)))), stop=True)
        lines = (folder / "o.jsonl").read_bytes() if (folder / "o.jsonl").exists() else b""
        (folder / "o.jsonl").write_bytes(lines[: rng.randrange(len(lines) + 1)])

        go_on(folder)

        whole(folder)
        assert go_on(folder) == []


@pytest.mark.parametrize("size", [0, 4, 100, -1, -20])
def test_a_torn_part_is_done_again(tmp_path: Path, size: int) -> None:
    write(tmp_path, list(range(23)))
    torn = tmp_path / "parts" / "part-00001.parquet"
    torn.write_bytes(torn.read_bytes()[:size])

    assert go_on(tmp_path) == [5, 6, 7, 8, 9]
    whole(tmp_path)


def test_a_part_with_a_hole_is_done_again(tmp_path: Path) -> None:
    write(tmp_path, list(range(23)))
    torn = tmp_path / "parts" / "part-00002.parquet"
    data = torn.read_bytes()
    torn.write_bytes(data[:4] + bytes(2000) + data[2004:])

    assert go_on(tmp_path) == [10, 11, 12, 13, 14]
    whole(tmp_path)


def test_images_that_failed_leave_their_part_and_come_last(tmp_path: Path) -> None:
    write(tmp_path, list(range(23)))

    assert go_on(tmp_path, retry=True) == [7]

    whole(tmp_path)
    assert dataset.dataset(tmp_path / "parts").to_table().column("frame").to_pylist()[-1] == 7


def test_a_part_of_failed_images_only_goes(tmp_path: Path) -> None:
    write(tmp_path, list(range(23)), broken=(5, 6, 7, 8, 9))
    assert go_on(tmp_path, retry=True) == [5, 6, 7, 8, 9]
    whole(tmp_path)


def test_parts_of_another_run_are_refused_and_named(tmp_path: Path) -> None:
    write(tmp_path, list(range(23)))
    with pytest.raises(UsageError, match=r"o.jsonl is of a run with other --fast"):
        go_on(tmp_path, run={**RUN, "--fast": True})
    store = ParquetStore(tmp_path / "parts")
    with pytest.raises(UsageError, match=r"part-00000.parquet is of a run with other --fast .then false, now true"):
        store.check_run({**RUN, "--fast": True})
    with pytest.raises(UsageError, match=r"other --fast .then false, now not given"):
        store.check_run({**RUN, "--fast": None})
    with pytest.raises(UsageError, match=r"other schema"):
        store.check_run({**RUN, "schema": 3})


def test_a_file_of_others_with_the_name_of_a_part_is_refused(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    parquet.write_table(arrow.table({"x": [1]}), tmp_path / "part-00000.parquet")
    with pytest.raises(UsageError, match="is not what this command wrote"):
        ParquetStore(tmp_path).check_run(RUN)


@pytest.mark.parametrize(("column", "kind"), [("score", "string"), ("frame", "int32"), ("points_x", None)])
def test_a_part_with_other_columns_or_types_is_refused(tmp_path: Path, column: str, kind: str | None) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write(tmp_path, list(range(5)))
    part = tmp_path / "parts" / "part-00000.parquet"
    table = parquet.read_table(part)
    place = table.schema.get_field_index(column)
    other = table.drop([column])
    if kind is not None:
        other = table.set_column(place, column, table[column].cast(kind))
    parquet.write_table(other, part)
    before = part.read_bytes()

    with pytest.raises(UsageError, match=r"the columns of .*part-00000.parquet are those of another version"):
        go_on(tmp_path)

    assert part.read_bytes() == before


def test_an_image_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, list(range(5)))
    part = tmp_path / "parts" / "part-00000.parquet"
    part.with_name("part-00009.parquet").write_bytes(part.read_bytes())
    with pytest.raises(UsageError, match="image 0 is there twice"):
        ParquetStore(tmp_path / "parts").ledger()
