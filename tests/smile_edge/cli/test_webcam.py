"""The commands, through CliRunner, over fake models; and over the real ones where they are there."""

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from fake_world import World, face_points
from repository import ROOT
from typer.testing import CliRunner, Result

import smile_edge.__main__
from smile_edge.cli import app
from smile_edge.cli.console import LiveLine
from smile_edge.errors import ModelError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.records import FrameResult
from smile_edge.runtime.manifest import find_models
from smile_edge.runtime.report import ExecutionReport
from smile_edge.streaming.statistics import percentile


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _said(result: Result) -> str:
    """The one line of a user error."""
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("smile-edge: error: ")
    return result.stderr


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Models without files: one face in the middle of every picture."""
    world = World(lambda index: [face_points(x=160, y=120)])
    report = ExecutionReport("auto", "cpu", "no driver here", "fake", 1.0)
    models = Models(world, world, (("detector", report), ("landmarks", report)))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)
    return world


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Fifteen grey frames, 320x240."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for level in range(15):
        writer.write(np.full((240, 320, 3), 100 + level, np.uint8))
    writer.release()
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in (1, 2, 10):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((240, 320, 3), 100, np.uint8))
    return folder


def _records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("world")
def test_webcam_writes_one_record_a_frame_with_one_stable_id(clip: Path) -> None:
    result = _run("webcam", "--source", clip, "--no-show", "--jsonl", "-")

    records = _records(result.stdout)
    assert result.exit_code == 0
    assert [record["frame"] for record in records] == list(range(15))
    assert {face["id"] for record in records for face in record["faces"]} == {0}
    assert "15 frames" in result.stderr
    assert "latency p50" in result.stderr
    assert "provider cpu (no driver here)" in result.stderr


@pytest.mark.usefixtures("world")
def test_webcam_writes_every_output(clip: Path, tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("jsonl", "csv", "mp4", "png")}

    result = _run(
        *("webcam", "--source", clip, "--no-show", "--frames", 5, "--no-smooth", "--mirror"),
        *("--jsonl", paths["jsonl"], "--csv", paths["csv"], "--video", paths["mp4"], "--contact-sheet", paths["png"]),
    )

    assert result.exit_code == 0, result.output
    assert len(_records(paths["jsonl"].read_text())) == 5
    assert len(list(csv.DictReader(paths["csv"].read_text().splitlines()))) == 5
    video = cv2.VideoCapture(str(paths["mp4"]))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == 5
    assert cv2.imread(str(paths["png"])).shape == (2 * 300, 4 * 400, 3)


@pytest.mark.usefixtures("world")
def test_webcam_stops_the_endless_demo_after_n_frames() -> None:
    result = _run("webcam", "--source", "demo", "--no-show", "--frames", 4, "--jsonl", "-")

    assert len(_records(result.stdout)) == 4


def test_ctrl_c_ends_a_stream_with_complete_files(world: World, clip: Path, tmp_path: Path) -> None:
    def interrupt(index: int) -> bool:
        if len(world.batches) > 12:
            raise KeyboardInterrupt
        return False

    world.hidden = interrupt
    out, video = tmp_path / "out.jsonl", tmp_path / "out.mp4"

    result = _run("webcam", "--source", clip, "--no-show", "--jsonl", out, "--video", video)

    records = _records(out.read_text())
    assert result.exit_code == 0
    assert 0 < len(records) < 15
    assert f"{len(records)} frames" in result.stderr
    assert cv2.VideoCapture(str(video)).isOpened()


def test_ctrl_c_before_the_first_frame_is_130(world: World, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: FacePipeline, frame: object) -> FrameResult:
        raise KeyboardInterrupt

    monkeypatch.setattr(FacePipeline, "process", interrupt)

    assert _run("webcam", "--source", clip, "--no-show").exit_code == 130


def test_ctrl_c_while_the_program_is_loaded_is_130_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "smile_edge.cli", Loading("smile_edge.cli"))

    with pytest.raises(SystemExit) as ended:
        smile_edge.__main__.main()
    assert ended.value.code == 130


@pytest.mark.usefixtures("world")
def test_image_batch_keeps_natural_order_and_tells_the_count(pictures: Path, tmp_path: Path) -> None:
    annotated = tmp_path / "annotated"

    result = _run("image", "batch", pictures, "--jsonl", "-", "--annotate", annotated)

    assert result.exit_code == 0, result.output
    assert [Path(record["source"]).name for record in _records(result.stdout)] == ["1.png", "2.png", "10.png"]
    assert "3 of 3 images, 3 faces, 0 failed" in result.stderr
    assert len(list(annotated.iterdir())) == 3


@pytest.mark.usefixtures("world")
def test_a_broken_image_is_a_record_and_exit_code_1(pictures: Path, tmp_path: Path) -> None:
    (pictures / "2.png").write_bytes(b"\x89PNG but not really")
    out = tmp_path / "out.csv"

    result = _run("image", "batch", pictures, "--jsonl", "-", "--csv", out, "--annotate", tmp_path / "annotated")

    assert result.exit_code == 1
    assert ["error" in record for record in _records(result.stdout)] == [False, True, False]
    assert "3 of 3 images, 2 faces, 1 failed" in result.stderr
    assert len(out.read_text().splitlines()) == 3


@pytest.mark.usefixtures("world")
def test_bench_prints_a_table_or_json() -> None:
    table, as_json = _run("bench", "--frames", 3), _run("bench", "--frames", 3, "--json")

    stages = [timing["stage"] for timing in json.loads(as_json.stdout)["timings"]]
    assert stages == [
        "detector", "landmarks x1", "landmarks x2", "landmarks x4", "landmarks x8",
        "tracker + smoother", "pipeline, each image alone", "pipeline, tracked",
    ]  # fmt: skip
    assert all(stage in table.stdout for stage in stages)


def test_version_and_help_name_the_program() -> None:
    assert _run("--version").stdout == f"smile-edge {smile_edge.__version__}\n"
    assert "webcam" in _run().stdout
    assert "batch" in _run("image").stdout


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert project["project"]["version"] == smile_edge.__version__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["webcam", "--frames", 0], "--frames must be at least 1"),
        (["webcam", "--max-faces", -1], "--max-faces must be at least 1"),
        (["webcam", "--detect-every", 0], "--detect-every must be at least 1"),
        (["webcam", "--threads", 0], "--threads must be at least 1"),
        (["webcam", "--frames", "many"], "--frames"),
        (["webcam", "--source", "/no/such/clip.mp4"], "/no/such/clip.mp4"),
        (["webcam", "--source", "99", "--no-show"], "99"),
        (["webcam", "--source", "demo", "--frames", 1, "--no-show", "--jsonl", "/no/such/x.jsonl"], "/no/such/x.jsonl"),
        (["webcam", "--source", "demo", "--frames", 1, "--no-show", "--contact-sheet", "/no/such/x.png"], "x.png"),
        (["image", "batch", "/no/such/folder", "--jsonl", "-"], "/no/such/folder"),
        (["image", "batch", "."], "--jsonl"),
        (["image", "batch", ".", "--jsonl", "-", "--workers", 0], "--workers must be at least 1"),
        (["image", "batch", ".", "--jsonl", "-", "--batch", -2], "--batch must be at least 1"),
        (["bench", "--frames", 0], "--frames must be at least 1"),
        (["bogus"], "bogus"),
        (["webcam", "--bogus"], "--bogus"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_user_error_is_one_line_and_exit_code_2(arguments: list[object], said: str) -> None:
    assert said in _said(_run(*arguments))


def test_a_missing_model_is_a_user_error(tmp_path: Path) -> None:
    assert str(tmp_path) in _said(_run("webcam", "--source", "demo", "--no-show", "--models", tmp_path))


@pytest.mark.usefixtures("world")
def test_show_without_a_display_names_the_cure(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sinks.window.has_display", lambda: False)

    assert "--no-show" in _said(_run("webcam", "--source", clip, "--show"))


def test_a_library_that_cannot_be_loaded_is_one_line_that_names_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: object, **options: object) -> Models:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(Models, "load", load)

    assert "libGL.so.1" in (said := _said(_run("webcam", "--source", "demo", "--no-show")))
    assert "smile-edge doctor" in said


def test_a_percentile_is_the_nearest_rank() -> None:
    assert [percentile([4, 1, 3, 2], percent) for percent in (0, 25, 50, 51, 100)] == [1, 1, 2, 3, 4]
    assert percentile([], 50) == 0


def test_a_line_that_is_redrawn_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    LiveLine().draw("0123456789" * 3)

    assert capsys.readouterr().err == "\r0123456789012345678"  # no escape codes but on a terminal


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("what", "seconds"), [("picture", None), ("clip", 1 / 30)])
def test_the_last_picture_of_a_source_that_ended_stays_in_its_window(
    what: str, seconds: float | None, clip: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float | None] = []
    monkeypatch.setattr("smile_edge.sinks.window.has_display", lambda: True)
    monkeypatch.setattr("smile_edge.sinks.WindowSink.write", lambda *_: None)
    monkeypatch.setattr("smile_edge.sinks.WindowSink.hold", lambda _, seconds: held.append(seconds))

    assert _run("webcam", "--source", pictures / "1.png" if what == "picture" else clip, "--show").exit_code == 0
    assert held == [seconds]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['smile-edge', '--help']\n"
        "from smile_edge.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('cv2', 'onnxruntime', 'numpy', 'rich', 'tensorflow') if name in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("set_by_user", "threads"), [(None, "1"), ("3", "3")])
def test_a_command_starts_no_threads_for_large_matrices(
    set_by_user: str | None, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if set_by_user:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", set_by_user)
    code = (
        "import os, sys; sys.argv = ['smile-edge', '--help']\n"
        "from smile_edge.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == threads


@pytest.fixture
def _shipped_models() -> None:
    try:
        folder = find_models()
        if not {"detector.json", "landmarks.json"} <= {path.name for path in folder.iterdir()}:
            raise ModelError("incomplete")
    except ModelError:
        pytest.skip("the models are not exported yet: make export")


@pytest.mark.usefixtures("_shipped_models")
def test_the_shipped_models_follow_the_demo_near_its_truth() -> None:
    from smile_edge.sources import open_source
    from smile_edge.topology import TOPOLOGY_49

    pipeline = FacePipeline(provider="cpu", smooth=False)
    errors = []
    with open_source("demo?frames=120") as source:
        for frame in source:
            faces = pipeline.process(frame).faces
            assert [face.id for face in faces] == [0]
            assert frame.truth is not None
            found, truth = (TOPOLOGY_49.five_points(points) for points in (faces[0].points, frame.truth[0]))
            distance = np.linalg.norm(truth[0] - truth[1])
            errors.append(np.linalg.norm(found - truth, axis=-1).mean() / distance)

    assert np.median(errors) < 0.08


@pytest.mark.usefixtures("_shipped_models")
def test_info_tells_hashes_and_the_provider_obtained() -> None:
    result = _run("info", "--provider", "cpu")

    assert result.exit_code == 0, result.output
    assert result.stdout.count(" ok, ") == 2
    assert result.stdout.count("obtained cpu") == 2


def test_info_tells_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "detector.json").write_text("{}")

    result = _run("info", "--models", tmp_path)

    assert result.exit_code == 1
    assert result.stdout.count("unusable") == 2
