"""Outputs cut at any byte go on: no image is lost, none is there twice, and no other run goes on with them."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_world import face_of, face_points

from smile_edge.batch.inputs import Inputs, Numbered, Shard
from smile_edge.batch.resume import resume
from smile_edge.batch.schedule import EMPTY
from smile_edge.batch.stores.ledger import Ledger
from smile_edge.batch.stores.run_file import RecordedSink, run_file_of
from smile_edge.batch.stores.text_store import TextStore
from smile_edge.errors import UsageError
from smile_edge.records import Frame, FrameResult, read_records
from smile_edge.sinks import CsvSink, JsonlSink

RUN = {"schema": 2, "--fast": False, "roi": (1, 2, 3, 4)}
FACE = face_of(face_points())
NAMES = [Path(f'folder/{number}, "ö\\x{number}\udcff\n.jpg') for number in range(12)]
KINDS = {"jsonl": JsonlSink, "csv": CsvSink}


def looked_at(number: int, path: Path, broken: Callable[[int], bool]) -> FrameResult:
    if broken(number):
        return FrameResult(str(path), number, None, 0, 0, error='no image, "faces":[]')
    return FrameResult(str(path), number, None, 64, 48, (FACE,) * (number % 4))


def write(outputs: dict[str, Path], images: object, *, append: bool, broken: Callable[[int], bool]) -> None:
    sinks = []
    for kind, path in outputs.items():
        if append and path.exists() and path.stat().st_size:
            sinks.append(KINDS[kind](path, append=True))
        else:
            sinks.append(RecordedSink(KINDS[kind](path), path, RUN))
    for number, path in images:  # type: ignore[attr-defined]
        for sink in sinks:
            sink.write(Frame(EMPTY, number), looked_at(number, path, broken))
    for sink in sinks:
        sink.close()


def stores(outputs: dict[str, Path]) -> list[TextStore]:
    return [TextStore(kind, path) for kind, path in outputs.items()]


def go_on(outputs: dict[str, Path], inputs: Inputs, *, retry: bool = False, run: dict[str, object] = RUN) -> list[int]:
    remaining = resume(stores(outputs), inputs, run, retry=retry)
    todo = list(remaining)
    assert remaining.count in (None, len(todo))
    write(outputs, todo, append=True, broken=lambda number: number == 5 and not retry)
    return [number for number, _ in todo]


def whole(outputs: dict[str, Path], inputs: Inputs) -> None:
    """Holds that every output has each image once, whole, and nothing else."""
    expected = dict(inputs)
    records = list(read_records(outputs["jsonl"]))
    assert {record.frame: Path(record.source) for record in records} == expected
    assert len(records) == len(expected)
    for kind, path in outputs.items():
        assert TextStore(kind, path).ledger().count == len(expected)
        assert path.read_bytes().endswith(b"\n")
    rows = outputs["csv"].read_text("utf-8", "surrogateescape").splitlines()
    assert len(rows) == 1 + sum(max(1, len(record.faces)) for record in records)


@pytest.fixture
def outputs(tmp_path: Path) -> dict[str, Path]:
    """Of a run whose sixth image is broken."""
    outputs = {kind: tmp_path / f"out.{kind}" for kind in KINDS}
    write(outputs, Inputs.of_files(NAMES), append=False, broken=lambda number: number == 5)
    return outputs


def test_outputs_cut_at_any_byte_go_on(outputs: dict[str, Path]) -> None:
    inputs, rng = Inputs.of_files(NAMES), random.Random(3)
    complete = {kind: path.read_bytes() for kind, path in outputs.items()}
    for _ in range(60):
        for kind, path in outputs.items():
            path.write_bytes(complete[kind][: rng.choice([0, len(complete[kind]), rng.randrange(len(complete[kind]))])])

        go_on(outputs, inputs)

        whole(outputs, inputs)
        assert {kind: path.read_bytes() for kind, path in outputs.items()} == complete


def test_a_whole_run_has_nothing_left(outputs: dict[str, Path]) -> None:
    assert go_on(outputs, Inputs.of_files(NAMES)) == []


def test_an_output_that_is_new_begins_anew_with_the_others(outputs: dict[str, Path]) -> None:
    outputs["csv"].unlink()

    assert go_on(outputs, Inputs.of_files(NAMES)) == list(range(12))
    whole(outputs, Inputs.of_files(NAMES))


def test_failed_images_are_tried_again_and_end_up_there_once(outputs: dict[str, Path]) -> None:
    inputs = Inputs.of_files(NAMES)

    assert go_on(outputs, inputs, retry=True) == [5]
    whole(outputs, inputs)
    assert not any(record.error for record in read_records(outputs["jsonl"]))

    for path in outputs.values():
        path.write_bytes(path.read_bytes()[:-3])
    assert go_on(outputs, inputs) == [5]
    whole(outputs, inputs)


def test_a_shard_goes_on_with_its_numbers(tmp_path: Path) -> None:
    outputs, inputs = {kind: tmp_path / f"out.{kind}" for kind in KINDS}, Inputs.of_files(NAMES, Shard(2, 3))
    write(outputs, list(inputs)[:2], append=False, broken=lambda number: False)

    assert go_on(outputs, inputs) == [7, 10]
    whole(outputs, inputs)


def test_other_options_are_refused_and_named(outputs: dict[str, Path]) -> None:
    before = outputs["jsonl"].read_bytes()
    with pytest.raises(UsageError, match=r"other --fast .then false, now true.*--overwrite"):
        go_on(outputs, Inputs.of_files(NAMES), run={**RUN, "--fast": True})
    with pytest.raises(UsageError, match="other --new"):
        go_on(outputs, Inputs.of_files(NAMES), run={**RUN, "--new": 1})
    assert outputs["jsonl"].read_bytes() == before


@pytest.mark.parametrize("names", [NAMES[::-1], NAMES[:-1], [*NAMES[:3], Path("x.jpg"), *NAMES[3:]]])
def test_other_images_are_refused(outputs: dict[str, Path], names: list[Path]) -> None:
    with pytest.raises(UsageError, match=r"--resume: .* images"):
        go_on(outputs, Inputs(lambda: names))


def test_an_output_of_no_known_run_is_refused(outputs: dict[str, Path]) -> None:
    run_file_of(outputs["csv"]).write_text("{")
    with pytest.raises(UsageError, match=r"out.csv.run.json cannot be read"):
        go_on(outputs, Inputs.of_files(NAMES))
    run_file_of(outputs["jsonl"]).unlink()
    with pytest.raises(UsageError, match=r"has no out.jsonl.run.json"):
        go_on(outputs, Inputs.of_files(NAMES))


@pytest.mark.parametrize(
    ("kind", "change", "why"),
    [
        ("jsonl", lambda lines: [*lines[:3], b"what\n", *lines[3:]], "line 4 is no record"),
        ("jsonl", lambda lines: [*lines, lines[2]], "image 2 is there twice"),
        ("csv", lambda lines: [b"a,b\n", *lines[1:]], "columns"),
        ("csv", lambda lines: [*lines[:3], b"x\n", *lines[3:]], "line 4 is no row"),
    ],
)
def test_an_output_that_is_damaged_other_than_at_its_end_is_refused(
    outputs: dict[str, Path], kind: str, change: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    damaged = b"".join(change(outputs[kind].read_bytes().splitlines(keepends=True)))
    outputs[kind].write_bytes(damaged)

    with pytest.raises(UsageError, match=why):
        go_on(outputs, Inputs.of_files(NAMES))
    assert outputs[kind].read_bytes() == damaged


def test_the_file_of_an_earlier_run_goes_before_the_output_is_another(outputs: dict[str, Path]) -> None:
    path = outputs["jsonl"]
    sink = RecordedSink(JsonlSink(path), path, {"schema": 3})
    assert json.loads(run_file_of(path).read_text())["schema"] == 2
    sink.write(Frame(EMPTY), looked_at(0, NAMES[0], lambda number: False))
    sink.close()

    assert json.loads(run_file_of(path).read_text()) == {"schema": 3}
    assert [record.frame for record in read_records(path)] == [0]


def test_a_ledger_takes_eight_bytes_an_image_wherever_it_lies() -> None:
    ledger = Ledger()
    numbers = [*range(10_000), 4 << 20, (1 << 30) - 1]
    for number in numbers:
        ledger.add(number, str(number), False)

    assert sum(len(rows) * rows.itemsize for rows in ledger._pages.values()) < 8 * 5 * 4096 + 1
    assert all(ledger.holds(number, str(number)) for number in numbers)
    assert not any(ledger.holds(number) for number in (10_000, 20_000, (4 << 20) + 1, 1 << 30))


def test_numbers_are_kept_on_the_way_through_workers(outputs: dict[str, Path]) -> None:
    outputs["jsonl"].write_bytes(b"".join(outputs["jsonl"].read_bytes().splitlines(keepends=True)[:9]))
    numbered = Numbered(resume(stores(outputs), Inputs.of_files(NAMES), RUN, retry=False))

    assert list(numbered.paths()) == NAMES[9:]
    assert list(numbered._under_way) == [9, 10, 11]
