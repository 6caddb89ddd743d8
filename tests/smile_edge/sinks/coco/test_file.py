"""Records as COCO key points, read back with pycocotools."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.errors import RecordError, SinkError, UsageError
from smile_edge.records import Face, FrameResult
from smile_edge.sinks.coco import write_coco
from smile_edge.sinks.coco.seen_numbers import SeenNumbers
from smile_edge.topology import TOPOLOGY_70

FACE = face_of(face_points())
SIMPLE = FrameResult("a.jpg", 0, None, 64, 48, ()).to_json() + "\n"
SHOWN = replace(FACE, visible=np.linspace(0, 1, 70, dtype=np.float32))


def records(folder: Path, *faces: tuple[Face, ...] | None) -> Path:
    """A file of records; None stands for a broken image."""
    path = folder / "o.jsonl"
    results = [
        FrameResult(
            f'folder/"{number}" ö\udcff.jpg',
            number,
            None,
            64,
            48,
            found or (),
            error=None if found is not None else "broken",
        )
        for number, found in enumerate(faces)
    ]
    path.write_text("".join(result.to_json() + "\n" for result in results), "utf-8")
    return path


def written(folder: Path, *faces: tuple[Face, ...] | None, **ids: int) -> dict[str, Any]:
    write_coco(records(folder, *faces), folder / "o.json", **ids)
    found: dict[str, Any] = json.loads((folder / "o.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("faces", [[], [()], [(FACE,), (), (FACE, SHOWN)], [None, (FACE,), None]])
def test_pycocotools_reads_it(tmp_path: Path, faces: list[tuple[Face, ...] | None]) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="reads it back")
    written(tmp_path, *faces)

    read = coco.COCO(str(tmp_path / "o.json"))

    assert sorted(read.getImgIds()) == [number for number, found in enumerate(faces) if found is not None]
    for number, found in enumerate(faces):
        if found is None:
            continue
        annotations = read.loadAnns(read.getAnnIds(imgIds=number))
        assert [one["bbox"] for one in annotations] == [pytest.approx(face.box.tolist(), abs=0.006) for face in found]
    assert read.loadCats(read.getCatIds())[0]["keypoints"] == list(TOPOLOGY_70.names)


def test_its_faces_score_as_perfect_against_themselves(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="reads it back")
    evaluation = pytest.importorskip("pycocotools.cocoeval", reason="scores it")
    annotations = written(tmp_path, (FACE,), (SHOWN,))["annotations"]
    truth = coco.COCO(str(tmp_path / "o.json"))
    scored = evaluation.COCOeval(truth, truth.loadRes(annotations), "keypoints")
    scored.params.kpt_oks_sigmas = np.full(70, 0.05)
    scored.evaluate()
    scored.accumulate()
    scored.summarize()
    assert scored.stats[0] == pytest.approx(1)


def test_key_points_say_whether_they_are_given_and_seen(tmp_path: Path) -> None:
    plain, shown = written(tmp_path, (FACE, SHOWN))["annotations"]

    given = np.isfinite(FACE.sigma)
    rows = np.reshape(plain["keypoints"], (70, 3))
    assert rows[:, 2].tolist() == np.where(given, 2, 0).tolist()
    assert rows[~given, :2].tolist() == [[0, 0]] * (~given).sum()
    np.testing.assert_allclose(rows[given, :2], FACE.points[given], atol=0.006)
    assert plain["num_keypoints"] == given.sum()
    flags = shown["keypoints"][2::3]
    assert (flags[17], flags[59], flags[0]) == (1, 2, 0)
    assert shown["area"] == pytest.approx(shown["bbox"][2] * shown["bbox"][3], abs=0.01)


def test_lines_join_points_that_are_neighbours(tmp_path: Path) -> None:
    lines = written(tmp_path)["categories"][0]["skeleton"]
    assert [37, 38] in lines
    assert [42, 37] in lines  # an eye is closed
    assert [17, 18] not in lines  # the jaw ends where the brow begins
    assert all(1 <= end <= 70 for line in lines for end in line)


def test_images_with_an_error_are_left_out_and_counted(tmp_path: Path) -> None:
    found = written(tmp_path, (), None, (FACE,))
    assert [image["id"] for image in found["images"]] == [0, 2]
    assert found["info"]["images_failed"] == 1
    assert found["images"][0]["file_name"] == 'folder/"0" ö\\xff.jpg'


def test_annotations_of_shards_can_be_put_together(tmp_path: Path) -> None:
    ids = [
        [one["id"] for one in written(tmp_path, (FACE,), (FACE, FACE), first_id=number, id_step=3)["annotations"]]
        for number in (1, 2, 3)
    ]
    assert sorted(number for shard in ids for number in shard) == list(range(1, 10))


@pytest.mark.parametrize("line", ["what", "{}", '{"schema":1}', '{"schema":2,"faces":[{}]}', "[]", "null"])
def test_what_is_no_record_is_named_and_leaves_nothing(tmp_path: Path, line: str) -> None:
    path = records(tmp_path, (FACE,))
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(RecordError, match="line 2: expected a record"):
        write_coco(path, tmp_path / "o.json")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["o.jsonl"]


def test_what_cannot_be_read_or_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        write_coco(tmp_path / "no.jsonl", tmp_path / "o.json")
    with pytest.raises(SinkError, match="cannot write"):
        write_coco(records(tmp_path, (FACE,)), tmp_path / "no" / "o.json")
    with pytest.raises(UsageError, match="path must be a path"):
        write_coco(records(tmp_path), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("link", ["o.jsonl", "hard", "soft"])
def test_the_records_are_not_replaced_by_what_is_made_of_them(tmp_path: Path, link: str) -> None:
    path = records(tmp_path, (FACE,))
    before = path.read_bytes()
    if link == "hard":
        (tmp_path / link).hardlink_to(path)
    elif link == "soft":
        (tmp_path / link).symlink_to(path)

    with pytest.raises(UsageError, match="name another file"):
        write_coco(path, tmp_path / link)

    assert path.read_bytes() == before


def test_records_of_two_runs_do_not_make_one_file(tmp_path: Path) -> None:
    path = records(tmp_path, (FACE,), None)
    path.write_bytes(path.read_bytes() * 2)

    with pytest.raises(RecordError, match=r"line 3: image 0 is there twice"):
        write_coco(path, tmp_path / "o.json")

    assert not (tmp_path / "o.json").exists()


@pytest.mark.parametrize("numbers", [[0, 1, 4095, 4096, 10**12], [5, 4, 3], []])
def test_each_number_is_new_once(numbers: list[int]) -> None:
    seen = SeenNumbers()

    assert [seen.add(number) for number in numbers * 2] == [True] * len(numbers) + [False] * len(numbers)


@pytest.mark.parametrize(
    ("field", "value"),
    [("frame", "-1"), ("frame", "true"), ("frame", '"1"'), ("frame", "0.5"), ("source", "null"), ("source", "[]")],
)
def test_a_record_that_names_no_image_is_one_line(tmp_path: Path, field: str, value: str) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(re.sub(rf'"{field}":("[^"]*"|\d+)', f'"{field}":{value}', SIMPLE), "utf-8")

    with pytest.raises(RecordError, match=r"line 1: expected a record"):
        write_coco(path, tmp_path / "o.json")


def test_a_line_that_is_nested_beyond_measure_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text("[" * 100_000 + "\n", "utf-8")

    with pytest.raises(RecordError, match=r"line 1: expected a record"):
        write_coco(path, tmp_path / "o.json")
