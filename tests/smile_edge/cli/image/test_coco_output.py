"""`image batch --coco`."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_runs import error_line, run_cli

import smile_edge.sinks.coco.file
from smile_edge.pipeline.face_pipeline import FacePipeline

pytestmark = pytest.mark.usefixtures("world")
SIDE_FILES = ["o.json", "o.json.journal.jsonl", "o.json.journal.jsonl.run.json"]


def batch(pictures: Path, path: Path, *options: object) -> tuple[int, str]:
    done = run_cli("image", "batch", pictures, "--coco", path, *options)
    return done.exit_code, done.stderr


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith((".", "o.json")))


def test_images_and_faces_are_written_at_the_end(pictures: Path, tmp_path: Path) -> None:
    (pictures / "2.png").write_bytes(b"")
    assert batch(pictures, tmp_path / "o.json")[0] == 1

    found = read(tmp_path / "o.json")
    assert [(image["id"], image["file_name"]) for image in found["images"]] == [
        (0, str(pictures / "1.png")),
        (2, str(pictures / "10.png")),
    ]
    assert [(one["id"], one["image_id"], one["num_keypoints"]) for one in found["annotations"]] == [
        (1, 0, 49),
        (2, 2, 49),
    ]
    assert names(tmp_path) == SIDE_FILES


def test_a_run_that_is_interrupted_says_so_in_one_line_and_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, calls = FacePipeline.process_batch, []

    def interrupted(self: FacePipeline, *given: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return look(self, *given, **options)

    with monkeypatch.context() as patched:
        patched.setattr(FacePipeline, "process_batch", interrupted)
        code, said = batch(pictures, tmp_path / "o.json", "--workers", 1, "--batch", 1)
    assert (code, said.count("\n")) == (130, 1)
    assert f"interrupted, {tmp_path / 'o.json'} comes once --resume has done the rest" in said
    assert names(tmp_path) == SIDE_FILES[1:]

    code, said = batch(pictures, tmp_path / "o.json", "--resume")

    assert (code, "goes on after 1 images" in said) == (0, True)
    assert [image["id"] for image in read(tmp_path / "o.json")["images"]] == [0, 1, 2]


def test_a_link_to_a_file_stays_one(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "o.json")
    for options in ([], ["--overwrite"]):
        assert batch(pictures, tmp_path / "link.json", *options)[0] == 0
        assert (tmp_path / "link.json").is_symlink()
        assert len(read(tmp_path / "o.json")["images"]) == 3


def test_it_is_made_anew_of_its_journal(pictures: Path, tmp_path: Path) -> None:
    batch(pictures, tmp_path / "o.json")
    before = (tmp_path / "o.json").read_bytes()
    (tmp_path / "o.json").unlink()

    code, said = batch(pictures, tmp_path / "o.json", "--resume")

    assert (code, "0 of 0 images" in said) == (0, True)
    assert (tmp_path / "o.json").read_bytes() == before


def test_images_that_failed_are_tried_again(pictures: Path, tmp_path: Path) -> None:
    good = (pictures / "2.png").read_bytes()
    (pictures / "2.png").write_bytes(b"")
    batch(pictures, tmp_path / "o.json")
    (pictures / "2.png").write_bytes(good)

    assert batch(pictures, tmp_path / "o.json", "--retry-errors")[0] == 0

    found = read(tmp_path / "o.json")
    assert sorted(image["id"] for image in found["images"]) == [0, 1, 2]
    assert len({one["id"] for one in found["annotations"]}) == 3
    assert found["info"]["images_failed"] == 0


def test_annotations_of_shards_have_numbers_of_their_own(pictures: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        batch(pictures, tmp_path / f"{number}.json", "--shard", f"{number}/2")
    ids = [[one["id"] for one in read(tmp_path / f"{number}.json")["annotations"]] for number in (1, 2)]
    assert ids == [[1, 3], [2]]


def test_a_disk_that_fills_at_the_end_leaves_the_journal(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(pictures, tmp_path / "o.json")
    before = (tmp_path / "o.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(smile_edge.sinks.coco.file, "_write", full)
        done = run_cli("image", "batch", pictures, "--coco", tmp_path / "o.json", "--overwrite")
    assert "No space left on device; free some space or name another file; --resume makes it" in error_line(done)
    assert names(tmp_path) == SIDE_FILES[1:]  # the file of the run before went with its journal

    assert batch(pictures, tmp_path / "o.json", "--resume")[0] == 0
    assert (tmp_path / "o.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--coco", "-"], "give it a file"),
        (["--coco", "pictures"], "give it a file"),
        (["--coco", ""], "names no file"),
        (["--coco", "no/o.json"], "cannot write"),
        (["--coco", "o.json"], "which exists"),
        (["--coco", "o.json", "--resume", "--fast"], "other --fast"),
        (["--coco", "alone.json", "--resume"], "there is no alone.json.journal.jsonl"),
        (["--coco", "new.json", "--jsonl", "new.json"], "both name"),
        (["--coco", "new.json", "--jsonl", "new.json.journal.jsonl"], "both name"),
        (["--coco", "pictures/1.png", "--overwrite"], "is an input"),
    ],
)
def test_what_cannot_be_is_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alone.json").write_text("{}")
    run_cli("image", "batch", pictures, "--coco", "o.json")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.json*")}

    assert why in error_line(run_cli("image", "batch", "pictures", *options))

    assert {path: path.read_bytes() for path in tmp_path.glob("*.json*")} == before
