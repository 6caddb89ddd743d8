"""A run from its first frame to its summary: Ctrl-C, lost sources, outputs that lag or fail."""

import sys
import threading
from pathlib import Path

import cv2
import pytest
from cli_runs import error_line, records_in, run_cli
from fake_world import World
from gates import WAIT_S
from listed_sources import a_file, a_lost_camera
from typer.testing import CliRunner

from smile_edge.cli import app
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink, JsonlSink
from smile_edge.sinks.encoding.output_file import OutputFile


def test_ctrl_c_ends_a_stream_with_complete_files(world: World, clip: Path, tmp_path: Path) -> None:
    def interrupt(index: int) -> bool:
        if len(world.batches) > 12:
            raise KeyboardInterrupt
        return False

    world.hidden = interrupt
    out, video = tmp_path / "out.jsonl", tmp_path / "out.mp4"

    result = run_cli("webcam", "--source", clip, "--no-show", "--jsonl", out, "--video", video)

    records = records_in(out.read_text())
    assert result.exit_code == 0
    assert 0 < len(records) < 15
    assert f"{len(records)} frames" in result.stderr
    assert cv2.VideoCapture(str(video)).isOpened()


def test_ctrl_c_before_the_first_frame_is_130(world: World, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: FacePipeline, frame: object) -> FrameResult:
        raise KeyboardInterrupt

    monkeypatch.setattr(FacePipeline, "process", interrupt)

    assert run_cli("webcam", "--source", clip, "--no-show").exit_code == 130


@pytest.mark.usefixtures("world")
def test_webcam_says_which_output_lacks_records(monkeypatch, tmp_path):
    from smile_edge.sources import DemoSource

    opened = threading.Event()
    whole = JsonlSink.write

    def slow(self: JsonlSink, frame: Frame, result: FrameResult) -> None:
        assert opened.wait(WAIT_S)
        whole(self, frame, result)

    monkeypatch.setattr(JsonlSink, "write", slow)
    monkeypatch.setattr("smile_edge.sinks.background._RECORDS", 2)
    monkeypatch.setattr(BackgroundSink, "flush", lambda self: opened.set())

    class Live(DemoSource):
        def __next__(self) -> Frame:
            frame = super().__next__()
            return Frame(frame.image, frame.index, frame.time_s, frame.source, captured_s=1.0)

    monkeypatch.setattr("smile_edge.sources.open_source", lambda spec, **options: Live(20))
    out = tmp_path / "out.jsonl"
    result = CliRunner().invoke(app, ["webcam", "--no-show", "--jsonl", str(out)])
    assert result.exit_code == 0, result.output
    kept = len(out.read_text().splitlines())
    assert kept in (2, 3)  # what waited, and the one at which the output stood still, where its thread was quick
    assert f"{out} left out {20 - kept} records" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full, which only Linux has")
@pytest.mark.parametrize("output", ["--jsonl", "--csv", "--contact-sheet"])
@pytest.mark.parametrize("frames", [1, 50])
@pytest.mark.usefixtures("world")
def test_webcam_on_a_full_disk_ends_in_one_line(output, frames):
    result = CliRunner().invoke(
        app, ["webcam", "--source", "demo", "--no-show", "--frames", str(frames), output, "/dev/full"]
    )
    assert result.exit_code == 2
    *summary, error = result.stderr.splitlines()
    assert error.startswith("smile-edge: error: cannot write")
    assert "free some space" in error
    assert not summary or output == "--contact-sheet"  # which is not written before it is closed
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("write ")]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi", "gif"])
def test_a_video_on_a_full_disk_ends_in_one_line(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, room = OutputFile.write, [60_000]

    def write(self: OutputFile, data: bytes) -> int:
        room[0] -= len(data)
        if room[0] < 0:
            self.error = self.error or OSError(28, "No space left on device")
        return whole(self, data)

    monkeypatch.setattr(OutputFile, "write", write)
    path = tmp_path / f"out.{ending}"

    result = run_cli("webcam", "--source", "demo", "--no-show", "--frames", 80, "--video", path)

    assert error_line(result).startswith(f"smile-edge: error: cannot write {path}: No space left on device; free some")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("write ")]


@pytest.mark.usefixtures("world")
def test_webcam_goes_on_without_a_lost_source_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = {"lost": a_lost_camera(after=0), "file": a_file("file", 30)}
    monkeypatch.setattr("smile_edge.sources.open_source", lambda spec, **options: opened[spec])

    result = CliRunner().invoke(app, ["webcam", "--source", "lost", "--source", "file", "--no-show", "--jsonl", "-"])

    assert result.exit_code == 1
    assert result.stdout.count('"source":"file"') == 30
