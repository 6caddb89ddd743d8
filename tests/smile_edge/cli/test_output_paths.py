"""A run destroys nothing: no input is an output, no file is written twice, all stays as it was until a frame comes."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from smile_edge.cli import app
from smile_edge.cli.output_paths import check_outputs
from smile_edge.errors import SinkError, SourceError, UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import CsvSink, ImageFolderSink, JsonlSink, VideoSink
from smile_edge.sinks.contact_sheet import ContactSheet
from smile_edge.sources import open_source

FRAME = Frame(np.zeros((48, 64, 3), np.uint8), source="test")
RESULT = FrameResult("test", 0, 0.0, 64, 48)


def _run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stderr


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    with VideoSink(path) as sink:
        for _ in range(4):
            sink.write(FRAME, RESULT)
    return path


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


@pytest.mark.parametrize(
    ("kind", "name"),
    [(JsonlSink, "x.jsonl"), (CsvSink, "x.csv"), (VideoSink, "x.avi"), (ContactSheet, "x.png")],
)
def test_a_file_stays_as_it_was_until_there_is_a_frame(tmp_path: Path, kind: type, name: str) -> None:
    path, fresh = tmp_path / name, tmp_path / f"new-{name}"
    path.write_bytes(b"earlier")
    for target in (path, fresh):
        kind(target).close()
    assert path.read_bytes() == b"earlier"
    assert not fresh.exists()

    with kind(path) as sink:
        sink.write(FRAME, RESULT)
    assert not path.read_bytes().startswith(b"earlier")
    assert path.stat().st_size > 50


def test_names_that_are_not_utf8_are_written_to_csv_and_refused_for_videos(tmp_path: Path) -> None:
    from smile_edge.records import Face

    odd = "b\udcff.jpg"
    face = Face(np.zeros((49, 2), np.float32), np.ones(49, np.float32), 0.9, np.zeros(4, np.float32))
    with CsvSink(tmp_path / "x.csv") as sink:
        sink.write(FRAME, FrameResult(odd, 0, 0.0, 64, 48, (face,)))
    assert b"\nb\xff.jpg," in (tmp_path / "x.csv").read_bytes()

    with pytest.raises(SinkError, match="not UTF-8"):
        VideoSink(tmp_path / "o\udcff.mp4")
    video = tmp_path / "b\udcff.mp4"
    video.write_bytes(b"\0\0\0\x18ftyp")
    with pytest.raises(SourceError, match="not UTF-8"):
        open_source(str(video))


def test_a_video_may_have_a_colon_in_its_relative_name(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip.rename(tmp_path / "T12:30.avi")
    with open_source("T12:30.avi") as source:
        assert len(list(source)) == 4
    with VideoSink("out12:31.avi") as sink:
        sink.write(FRAME, RESULT)
    assert (tmp_path / "out12:31.avi").stat().st_size > 1000


def test_a_picture_much_higher_than_wide_fits_into_a_contact_sheet(tmp_path: Path) -> None:
    with ContactSheet(tmp_path / "x.png") as sheet:
        sheet.write(Frame(np.zeros((3000, 1, 3), np.uint8)), RESULT)
    assert max(cv2.imread(str(tmp_path / "x.png")).shape) <= 800


@pytest.mark.parametrize("words", [("image", "batch", "{}", "--jsonl", "-"), ("webcam", "--source", "{}"),
                                   ("info", "--models", "{}")])  # fmt: skip
def test_a_name_too_long_for_a_file_is_one_line(words: tuple[str, ...]) -> None:
    code, said = _run(*(word.format("x" * 300) for word in words))
    assert code == 2
    assert said.count("\n") == 1


def test_a_copy_of_a_picture_from_above_stays_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    pictures = [Path("a.jpg"), Path("../a.jpg")]
    for picture in pictures:
        cv2.imwrite(str(picture), FRAME.image)
    before = [picture.read_bytes() for picture in pictures]

    with ImageFolderSink("out", pictures, pictures) as sink:
        for picture in pictures:
            sink.write(Frame(FRAME.image, source=str(picture)), RESULT)

    assert [picture.read_bytes() for picture in pictures] == before
    assert sorted(path.name for path in (here / "out").iterdir()) == ["a-2.jpg", "a.jpg"]


def test_a_copy_of_a_picture_too_wide_for_a_jpeg_is_smaller(tmp_path: Path) -> None:
    with ImageFolderSink(tmp_path) as sink:
        sink.write(Frame(np.zeros((4, 70_000, 3), np.uint8), source="wide.png"), RESULT)

    copy = cv2.imread(str(tmp_path / "wide.jpg"))
    assert copy is not None
    assert copy.shape == (3, 65_500, 3)


def test_a_folder_of_pictures_takes_no_input_into_itself(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="an input that would be overwritten"):
        ImageFolderSink(tmp_path, inputs=[tmp_path / "deep" / "a.jpg"])
