"""`image batch --crops`."""

from pathlib import Path

import cv2
import pytest
from cli_runs import error_line, records_in, run_cli

from smile_edge.cli.options.large_and_crops import CROPS_PX, TEMPLATES
from smile_edge.imaging import aligned_crops
from smile_edge.sinks.crop_folder import crop_name

pytestmark = pytest.mark.usefixtures("world")


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_crop_of_every_face_is_found_by_its_record(pictures: Path, tmp_path: Path) -> None:
    done = run_cli("image", "batch", pictures, "--crops", tmp_path / "crops", "--jsonl", "-", "--crop-size", 40)

    assert done.exit_code == 0, done.stderr
    records = records_in(done.stdout)
    names = {crop_name(r["source"], r["frame"], face["id"]).as_posix() for r in records for face in r["faces"]}
    assert names == set(written(tmp_path / "crops"))
    assert len(names) == 3
    assert {cv2.imread(str(tmp_path / "crops" / name)).shape for name in names} == {(40, 40, 3)}


def test_crops_alone_are_an_output_and_take_a_list(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"{pictures / '1.png'}\n" for _ in range(2)))

    done = run_cli("image", "batch", "--list", tmp_path / "list.txt", "--crops", tmp_path / "crops")

    assert done.exit_code == 0, done.stderr
    assert sorted(Path(name).name for name in written(tmp_path / "crops")) == ["1.png-0-0.png", "1.png-1-0.png"]


def test_crops_that_are_there_are_kept_unless_overwrite_is_given(pictures: Path, tmp_path: Path) -> None:
    command = ("image", "batch", pictures, "--crops", tmp_path / "crops")
    run_cli(*command)
    before = written(tmp_path / "crops")

    said = error_line(run_cli(*command, "--crop-size", 50))

    assert "--overwrite" in said
    assert written(tmp_path / "crops") == before
    assert run_cli(*command, "--crop-size", 50, "--overwrite").exit_code == 0
    after = written(tmp_path / "crops")
    assert before.keys() == after.keys()
    assert before != after


def test_shards_write_into_one_folder(pictures: Path, tmp_path: Path) -> None:
    for shard in ("1/2", "2/2"):
        done = run_cli("image", "batch", pictures, "--shard", shard, "--crops", tmp_path / "crops", "--overwrite")
        assert done.exit_code == 0, done.stderr
    shared = written(tmp_path / "crops")

    run_cli("image", "batch", pictures, "--crops", tmp_path / "whole")

    assert shared == written(tmp_path / "whole")


def test_a_run_goes_on_with_its_crops(pictures: Path, tmp_path: Path) -> None:
    command = ("image", "batch", pictures, "--crops", tmp_path / "crops", "--jsonl", tmp_path / "o.jsonl")
    run_cli(*command)
    whole = written(tmp_path / "crops")
    lines = (tmp_path / "o.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "o.jsonl").write_bytes(lines[0])
    sorted((tmp_path / "crops").rglob("*.png"))[-1].unlink()

    done = run_cli(*command, "--resume")

    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "o.jsonl").read_bytes() == b"".join(lines)
    assert written(tmp_path / "crops") == whole


def test_a_run_does_not_go_on_with_other_crops(pictures: Path, tmp_path: Path) -> None:
    command = ("image", "batch", pictures, "--crops", tmp_path / "crops", "--jsonl", tmp_path / "o.jsonl")
    run_cli(*command)

    assert "--crop-size" in error_line(run_cli(*command, "--resume", "--crop-size", 50))
    assert "--crop-template" in error_line(run_cli(*command, "--resume", "--crop-template", "ffhq"))
    assert "--crop-size" in error_line(run_cli(*command[:3], *command[5:], "--resume"))


def test_crops_alone_do_not_say_which_images_are_done(pictures: Path, tmp_path: Path) -> None:
    done = run_cli("image", "batch", pictures, "--crops", tmp_path / "crops", "--resume")

    assert "add --jsonl" in error_line(done)
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--crop-size", "0"], "--crop-size must be from 1 to 4096"),
        (["--crop-size", "5000"], "--crop-size must be from 1 to 4096"),
        (["--crop-template", "dlib"], "--crop-template must be arcface, ffhq, smile-edge"),
        (["--hide", "blur"], "--hide"),
    ],
)
def test_what_cannot_be_is_one_line(pictures: Path, tmp_path: Path, options: list[str], said: str) -> None:
    done = run_cli("image", "batch", pictures, "--crops", tmp_path / "crops", *options)

    assert said in error_line(done)
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize("option", [["--crop-size", "64"], ["--crop-template", "ffhq"]])
def test_how_crops_are_written_needs_crops(pictures: Path, option: list[str]) -> None:
    assert "add --crops DIR" in error_line(run_cli("image", "batch", pictures, "--jsonl", "-", *option))


def test_crops_do_not_go_among_the_pictures(pictures: Path) -> None:
    done = run_cli("image", "batch", pictures, "--crops", pictures)

    assert "holds the input" in error_line(done)
    assert len(written(pictures)) == 3


def test_the_command_line_knows_the_same_crops_as_python() -> None:
    assert (tuple(aligned_crops.TEMPLATES), aligned_crops.LARGEST_CROP_PX) == (TEMPLATES, CROPS_PX[1])
