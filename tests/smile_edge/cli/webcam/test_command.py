"""`webcam`: its sources, its outputs, its window, over fake models."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_runs import error_line, records_in, run_cli
from fake_world import ExpressiveWorld, face_points
from made_videos import spoil, write_video
from typer.testing import CliRunner
from videos import kept_times, sound_packets, write_with_sound

from smile_edge.cli import app
from smile_edge.pipeline.models import Models
from smile_edge.runtime.report import ExecutionReport
from smile_edge.sources.camera_list import FoundCamera


@pytest.mark.usefixtures("world")
def test_webcam_writes_one_record_a_frame_with_one_stable_id(clip: Path) -> None:
    result = run_cli("webcam", "--source", clip, "--no-show", "--jsonl", "-")

    records = records_in(result.stdout)
    assert result.exit_code == 0
    assert [record["frame"] for record in records] == list(range(15))
    assert {face["id"] for record in records for face in record["faces"]} == {0}
    assert "15 frames" in result.stderr
    assert "latency p50" in result.stderr
    assert "provider cpu (no driver here)" in result.stderr


@pytest.mark.usefixtures("world")
def test_webcam_writes_every_output(clip: Path, tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("jsonl", "csv", "mp4", "png")}

    result = run_cli(
        *("webcam", "--source", clip, "--no-show", "--frames", 5, "--no-smooth", "--mirror"),
        *("--jsonl", paths["jsonl"], "--csv", paths["csv"], "--video", paths["mp4"], "--contact-sheet", paths["png"]),
    )

    assert result.exit_code == 0, result.output
    assert len(records_in(paths["jsonl"].read_text())) == 5
    assert len(list(csv.DictReader(paths["csv"].read_text().splitlines()))) == 5
    video = cv2.VideoCapture(str(paths["mp4"]))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == 5
    assert cv2.imread(str(paths["png"])).shape == (2 * 300, 4 * 400, 3)


@pytest.mark.usefixtures("world")
def test_webcam_stops_the_endless_demo_after_n_frames() -> None:
    result = run_cli("webcam", "--source", "demo", "--no-show", "--frames", 4, "--jsonl", "-")

    assert len(records_in(result.stdout)) == 4


@pytest.mark.usefixtures("world")
def test_webcam_counts_damaged_packets_and_ends_well(tmp_path: Path) -> None:
    path = spoil(write_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p"), [3, 4, 7])

    result = run_cli("webcam", "--source", path, "--no-show", "--jsonl", "-")

    assert result.exit_code == 0
    assert len(records_in(result.stdout)) == 9
    assert "0 dropped, 3 damaged packets, provider" in result.stderr


@pytest.mark.usefixtures("world")
def test_webcam_takes_pictures_at_a_rate(pictures: Path) -> None:
    result = run_cli("webcam", "--source", pictures, "--no-show", "--jsonl", "-", "--fps", "4")

    times_s = [record["time_s"] for record in records_in(result.stdout)]
    assert times_s == [index / 4 for index in range(len(times_s))]
    assert len(times_s) > 1


def test_standard_input_is_one_source() -> None:
    assert "more than once" in error_line(run_cli("webcam", "--source", "-", "--source", "-", "--no-show"))


def test_a_missing_model_is_a_user_error(tmp_path: Path) -> None:
    assert str(tmp_path) in error_line(run_cli("webcam", "--source", "demo", "--no-show", "--models", tmp_path))


@pytest.mark.usefixtures("world")
def test_show_without_a_display_names_the_cure(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sinks.window.has_display", lambda: False)

    assert "--no-show" in error_line(run_cli("webcam", "--source", clip, "--show"))


def test_a_library_that_cannot_be_loaded_is_one_line_that_names_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: object, **options: object) -> Models:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(Models, "load", load)

    assert "libGL.so.1" in (said := error_line(run_cli("webcam", "--source", "demo", "--no-show")))
    assert "smile-edge doctor" in said


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("what", "seconds"), [("picture", None), ("clip", 1 / 30)])
def test_the_last_picture_of_a_source_that_ended_stays_in_its_window(
    what: str, seconds: float | None, clip: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float | None] = []
    monkeypatch.setattr("smile_edge.sinks.window.has_display", lambda: True)
    monkeypatch.setattr("smile_edge.sinks.WindowSink.write", lambda *_: None)
    monkeypatch.setattr("smile_edge.sinks.WindowSink.hold", lambda _, seconds: held.append(seconds))

    assert run_cli("webcam", "--source", pictures / "1.png" if what == "picture" else clip, "--show").exit_code == 0
    assert held == [seconds]


def test_the_summary_of_a_run_names_int8():
    arguments = ["webcam", "--source", "demo", "--frames", "3", "--no-show", "--provider", "cpu"]
    assert "provider cpu int8" in CliRunner().invoke(app, [*arguments, "--precision", "int8"]).stderr
    assert "provider cpu int8" not in CliRunner().invoke(app, [*arguments, "--precision", "float32"]).stderr


def write_clip(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for _ in range(frames):
        writer.write(np.full((240, 320, 3), 100, np.uint8))
    writer.release()
    return path


@pytest.mark.usefixtures("world")
def test_webcam_takes_several_sources_and_numbers_their_pictures(tmp_path: Path) -> None:
    first, second = write_clip(tmp_path / "first.avi", 3), write_clip(tmp_path / "second.avi", 2)
    out, table = tmp_path / "out.jsonl", tmp_path / "out.csv"

    result = CliRunner().invoke(
        app,
        [*("webcam", "--no-show", "--source", str(first), "--source", str(second), "--jsonl", str(out)),
         *("--csv", str(table), "--video", str(tmp_path / "o.mp4"), "--contact-sheet", str(tmp_path / "o.png"))],
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    sources = [line.split('"source":"')[1].split('"')[0] for line in out.read_text().splitlines()]
    assert sources == [str(first), str(second)] * 2 + [str(first)]
    assert len(table.read_text().splitlines()) == 1 + 5
    assert f"{first}: 3 frames" in result.stderr
    assert f"{second}: 2 frames" in result.stderr
    assert result.stderr.count("provider cpu") == 1
    assert {path.name for path in tmp_path.glob("o*")} == {
        *("out.jsonl", "out.csv", "o-1.mp4", "o-2.mp4", "o-1.png", "o-2.png")
    }


@pytest.mark.usefixtures("world")
def test_one_source_that_cannot_be_opened_is_a_user_error_before_any_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    result = CliRunner().invoke(app, ["webcam", "--source", "demo", "--source", "no/such", "--jsonl", str(out)])

    assert result.exit_code == 2
    assert "no/such" in result.stderr
    assert not out.exists()


def test_list_names_the_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [FoundCamera(0, "HD Webcam", Path("/dev/video0"), Path("/dev/v4l/by-id/usb-HD-index0")), FoundCamera(2, "")]
    monkeypatch.setattr("smile_edge.sources.camera_list.list_cameras", lambda: found)

    result = run_cli("webcam", "--list")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "0  HD Webcam  /dev/video0  /dev/v4l/by-id/usb-HD-index0\n2\n"


def test_list_without_a_camera_is_one_line_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sources.camera_list.list_cameras", list)

    result = run_cli("webcam", "--list")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("no camera found")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("options", "length"), [((), 15), (("--frames", 4), 4), (("--frames", 40), 15), (("--mirror",), 15)]
)
def test_the_line_of_a_file_shows_progress(
    options: tuple[object, ...], length: int, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smile_edge.cli.console.LiveLine.due", lambda self: True)

    said = run_cli("webcam", "--source", clip, "--no-show", *options).stderr

    assert f"frame 1 of {length}  0:0" in said
    assert f"frame {length} of {length}  0:00 left" in said


@pytest.mark.usefixtures("world")
def test_the_video_of_a_file_has_its_times_and_its_sound_up_to_the_last_frame(tmp_path: Path) -> None:
    clip, out = write_with_sound(tmp_path / "clip.mp4", "aac", frames=60), tmp_path / "out.mkv"

    result = run_cli("webcam", "--source", clip, "--no-show", "--mirror", "--frames", 30, "--video", out)

    assert result.exit_code == 0, result.output
    assert kept_times(out) == pytest.approx([index / 30 for index in range(30)], abs=1e-3)
    assert sound_packets(out)[-1][0] == pytest.approx(1.0, abs=0.05)


@pytest.mark.usefixtures("world")
def test_each_of_several_videos_has_its_own_sound(tmp_path: Path) -> None:
    loud = write_with_sound(tmp_path / "loud.mp4", "aac", frames=20)
    quiet = write_clip(tmp_path / "quiet.avi", 20)

    result = run_cli(
        *("webcam", "--no-show", "--source", quiet, "--source", "demo?frames=3"),
        *("--source", loud, "--video", tmp_path / "o.mp4"),
    )

    assert result.exit_code == 0, result.output
    assert [bool(sound_packets(tmp_path / f"o-{number}.mp4")) for number in (1, 2, 3)] == [False, False, True]


def test_webcam_gives_expressions_where_asked(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = ExpressiveWorld(lambda index: [face_points(x=160, y=120)])
    models = Models(world, world, (("landmarks", ExecutionReport("auto", "cpu", None, "fake", 1.0)),))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)
    for options, wanted in (([], None), (["--expression"], 0.75)):
        result = run_cli("webcam", "--source", clip, "--no-show", "--frames", 2, "--jsonl", "-", *options)

        assert result.exit_code == 0, result.output
        faces = [face for record in records_in(result.stdout) for face in record["faces"]]
        assert faces
        assert {face.get("expression", {}).get("jawOpen") for face in faces} == {wanted}
        assert {(face["smile"], face["visible"][66], face["visible"][0]) for face in faces} == {(None, 0.1, None)}


@pytest.mark.usefixtures("world")
def test_webcam_refuses_an_expression_that_the_model_does_not_give(clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("earlier\n")

    result = run_cli(
        "webcam", "--source", clip, "--no-show", "--frames", 2, "--jsonl", kept, "--overwrite", "--expression"
    )

    assert result.exit_code == 2
    assert "expressions were asked for, and the landmark model gives none" in error_line(result)
    assert kept.read_text() == "earlier\n"
