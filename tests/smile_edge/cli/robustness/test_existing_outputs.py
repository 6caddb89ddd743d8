"""Outputs that hold something are refused without --overwrite, so are files of another run, and models always."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from cli_runs import error_line, run_cli
from portraits import write_portraits
from program_runs import DEMO, ended, lines_of, start, wait_until
from repository import ROOT

import smile_edge.pipeline.models
from smile_edge.errors import SinkError
from smile_edge.runtime.manifest import find_models
from smile_edge.sinks import CsvSink, JsonlSink, Sink, VideoSink
from smile_edge.sinks.contact_sheet import ContactSheet

STREAM = ["webcam", "--source", "demo?frames=3", "--no-show", "--provider", "cpu"]
OUTPUTS = [("--jsonl", "x.jsonl"), ("--csv", "x.csv"), ("--video", "x.mkv"), ("--contact-sheet", "x.png")]


@pytest.fixture
def _no_model_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: object, **options: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(smile_edge.pipeline.models.Models, "load", load)


@pytest.mark.usefixtures("_no_model_loads")
@pytest.mark.parametrize(("option", "name"), OUTPUTS)
def test_a_stream_refuses_a_file_that_holds_something_before_anything_is_opened(
    option: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(b"earlier")

    said = error_line(run_cli("webcam", "--source", "no/such/source", option, path))

    assert f"{option} names {path}, which exists" in said
    assert "--overwrite" in said
    assert path.read_bytes() == b"earlier"


@pytest.mark.usefixtures("_no_model_loads")
@pytest.mark.parametrize("option", ["--video", "--contact-sheet"])
def test_each_file_of_several_sources_is_looked_at(option: str, tmp_path: Path) -> None:
    (tmp_path / "x-2.mkv").write_bytes(b"earlier")

    said = error_line(run_cli("webcam", "--source", "demo", "--source", "demo", option, tmp_path / "x.mkv"))

    assert "x-2.mkv, which exists" in said


@pytest.mark.parametrize(("option", "name"), OUTPUTS)
def test_with_overwrite_it_is_replaced_and_an_empty_file_always(option: str, name: str, tmp_path: Path) -> None:
    full, empty = tmp_path / name, tmp_path / f"empty-{name}"
    full.write_bytes(b"earlier")
    empty.touch()

    assert run_cli(*STREAM, option, full, "--overwrite").exit_code == 0
    assert run_cli(*STREAM, option, empty).exit_code == 0
    assert not full.read_bytes().startswith(b"earlier")
    assert empty.stat().st_size > 50


@pytest.mark.usefixtures("_no_model_loads")
@pytest.mark.parametrize("option", ["--jsonl", "--csv"])
def test_image_batch_refuses_a_file_that_holds_something(option: str, tmp_path: Path) -> None:
    write_portraits(tmp_path)
    path = tmp_path / "x.txt"
    path.write_bytes(b"earlier")

    assert "which exists" in error_line(run_cli("image", "batch", tmp_path, option, path))
    assert path.read_bytes() == b"earlier"


def test_a_folder_takes_new_copies_and_refuses_those_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, folder = tmp_path / "in", tmp_path / "out"
    pictures.mkdir()
    folder.mkdir()
    first, *_ = write_portraits(pictures)
    (folder / "other.jpg").write_bytes(b"kept")
    command = ["image", "batch", pictures, "--annotate", folder, "--provider", "cpu", "--fast"]

    assert run_cli(*command).exit_code == 1  # one is broken
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(written) == 5
    with monkeypatch.context() as patched:
        patched.setattr(smile_edge.pipeline.models.Models, "load", None)
        assert "which exists" in error_line(run_cli(*command))
    (folder / f"{first.stem}.jpg").write_bytes(b"changed")
    assert run_cli(*command, "--overwrite").exit_code == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_of_two_runs_on_one_file_the_second_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    first = start(*DEMO, "demo?live=1", "--jsonl", out)
    try:
        wait_until(lambda: out.exists() and out.stat().st_size > 0)

        for more in ([], ["--overwrite"]):
            code, _, said = ended(start(*DEMO, "demo?frames=3", "--jsonl", out, *more))
            assert (code, said.count("\n")) == (2, 1)
        assert "is being written by another run" in said
    finally:
        first.terminate()
    code, _, said = ended(first)
    assert code == 0
    assert f"{len(lines_of(out))} frames" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
@pytest.mark.parametrize("kind", [JsonlSink, CsvSink, VideoSink, ContactSheet])
def test_an_output_is_locked_from_its_opening_to_its_closing(kind: type[Sink], tmp_path: Path) -> None:
    path = tmp_path / "x.mkv"
    with kind(path), pytest.raises(SinkError, match="another run"):  # type: ignore[call-arg]
        kind(path)  # type: ignore[call-arg]
    assert not path.exists()
    with kind(path):  # type: ignore[call-arg]
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_a_file_that_was_written_while_the_models_loaded_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, load = tmp_path / "out.jsonl", smile_edge.pipeline.models.Models.load

    def slow(*arguments: object, **options: object) -> object:
        out.write_text("another run's\n")
        return load(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(smile_edge.pipeline.models.Models, "load", slow)

    assert "which exists" in error_line(run_cli(*STREAM, "--jsonl", out))
    assert out.read_text() == "another run's\n"


@pytest.mark.parametrize("name", ["detector.json", "detector.onnx", "new.jsonl", "inner/new.jsonl"])
@pytest.mark.parametrize("command", ["webcam", "image"])
def test_nothing_is_written_among_the_models(command: str, name: str, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(find_models(), models)
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    words = [*STREAM] if command == "webcam" else ["image", "batch", ROOT / "smile_edge" / "assets"]

    said = error_line(run_cli(*words, "--models", models, "--jsonl", models / name, "--overwrite"))

    assert "among the models" in said
    assert {path: path.read_bytes() for path in models.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_another_name_of_a_model_is_the_model(make: object, tmp_path: Path) -> None:
    models, link = tmp_path / "models", tmp_path / "x.jsonl"
    shutil.copytree(find_models(), models)
    make(link, models / "detector.onnx")  # type: ignore[operator]

    assert "among the models" in error_line(run_cli(*STREAM, "--models", models, "--jsonl", link, "--overwrite"))


def test_annotated_copies_do_not_go_among_the_models(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(find_models(), models)

    for folder in (models, models / "copies"):
        words = ["image", "batch", ROOT / "smile_edge" / "assets", "--annotate", folder, "--models", models]
        assert "among the models" in error_line(run_cli(*words, "--overwrite"))


def test_make_demo_overwrites_what_it_wrote_before() -> None:
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    assert "--overwrite" in recipe[1]
