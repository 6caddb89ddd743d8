"""A run destroys nothing: no input is an output, and no file is written twice."""

from pathlib import Path

import cv2
import pytest
from black_frames import FRAME, write_clip
from cli_runs import error_line, run_cli
from typer.testing import CliRunner

from smile_edge.cli import app
from smile_edge.cli.output_paths import check_outputs
from smile_edge.errors import UsageError


def _run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stderr


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.avi")


@pytest.mark.parametrize("option", ["--video", "--jsonl", "--csv", "--contact-sheet"])
def test_an_output_that_is_an_input_is_refused(clip: Path, option: str) -> None:
    before = clip.read_bytes()

    code, said = _run("webcam", "--source", clip, option, clip.parent / "." / clip.name, "--provider", "cpu")

    assert code == 2
    assert "is an input and would be overwritten" in said
    assert clip.read_bytes() == before


def test_another_name_of_an_input_is_the_input(clip: Path) -> None:
    for link, make in (("soft.avi", Path.symlink_to), ("hard.avi", Path.hardlink_to)):
        output = clip.with_name(link)
        make(output, clip)

        with pytest.raises(UsageError, match="is an input"):
            check_outputs([("--video", output)], [clip.with_name("other.avi"), clip])


def test_the_numbered_output_of_several_sources_is_looked_at_too(clip: Path) -> None:
    first = clip.rename(clip.with_name("clip-1.avi"))

    code, said = _run("webcam", "--source", first, "--source", "demo?frames=2", "--video", clip, "--provider", "cpu")

    assert (code, "is an input" in said) == (2, True)
    assert first.stat().st_size > 1000


def test_a_picture_of_a_batch_is_no_output_of_it(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), FRAME.image)
    before = picture.read_bytes()

    assert _run("image", "batch", picture, "--csv", picture)[0] == 2
    assert picture.read_bytes() == before


def test_annotated_copies_do_not_go_where_pictures_are_read(tmp_path: Path) -> None:
    inner = tmp_path / "sub"
    inner.mkdir()
    for folder in (tmp_path, inner):
        cv2.imwrite(str(folder / "y.jpg"), FRAME.image)
    before = (inner / "y.jpg").read_bytes()

    code, said = _run("image", "batch", tmp_path, "--recursive", "--annotate", inner, "--provider", "cpu")

    assert (code, "an input that would be overwritten" in said) == (2, True)
    assert (inner / "y.jpg").read_bytes() == before


@pytest.mark.parametrize("names", [("x.out", "x.out"), ("-", "-"), ("x.out", "./x.out")])
def test_one_file_for_two_outputs_is_refused(names: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="--jsonl and --csv both name"):
        check_outputs(zip(("--jsonl", "--csv"), names, strict=True), [])


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_an_output_without_a_name_is_refused(name: str) -> None:
    code, said = _run("webcam", "--source", "demo", "--source", "demo", "--video", name)
    assert (code, "--video names no file" in said) == (2, True)


def test_a_device_may_take_several_outputs() -> None:
    check_outputs([("--jsonl", "/dev/null"), ("--csv", "/dev/null"), ("--video", None)], [])


def test_a_run_that_is_refused_leaves_the_files_of_an_earlier_one(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.jsonl"
    earlier.write_text("kept\n")

    assert _run("webcam", "--source", "demo", "--jsonl", earlier, "--csv", tmp_path / "no" / "x.csv")[0] == 2
    assert earlier.read_text() == "kept\n"


@pytest.mark.parametrize("words", [("image", "batch", "{}", "--jsonl", "-"), ("webcam", "--source", "{}"),
                                   ("info", "--models", "{}")])  # fmt: skip
def test_a_name_too_long_for_a_file_is_one_line(words: tuple[str, ...]) -> None:
    code, said = _run(*(word.format("x" * 300) for word in words))
    assert code == 2
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "name"),
    [
        *((option, name) for option in ("--jsonl", "--csv", "--parquet", "--annotate") for name in ("loop", "loop/x")),
        ("--coco", "loop/x"),
    ],
)
def test_links_in_a_circle_are_one_line(
    pictures: Path, tmp_path: Path, option: str, name: str, monkeypatch: pytest.MonkeyPatch, world: object
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")

    code, said = _run("image", "batch", pictures, option, name)

    assert (code, said.count("\n")) == (2, 1)
    assert name in said


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("--jsonl", "--csv", "o.run.json"),
        ("--csv", "--jsonl", "o.run.json"),
        ("--jsonl", "--coco", "o.run.json"),
        ("--coco", "--jsonl", "o.journal.jsonl"),
        ("--coco", "--csv", "o.journal.jsonl.run.json"),
    ],
)
def test_a_file_that_an_output_has_beside_it_is_no_other_output(
    tmp_path: Path, first: str, second: str, name: str
) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), FRAME.image)

    done = run_cli("image", "batch", picture, first, tmp_path / "o", second, tmp_path / name)

    assert "both name" in error_line(done)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("option", "name"), [("--jsonl", "o.run.json"), ("--coco", "o.journal.jsonl.run.json")])
def test_a_list_is_no_file_beside_an_output(tmp_path: Path, option: str, name: str) -> None:
    listed = tmp_path / name
    listed.write_text("a.png\n")

    done = run_cli("image", "batch", "--list", listed, option, tmp_path / "o", "--overwrite")

    assert "is an input" in error_line(done)
    assert listed.read_text() == "a.png\n"
