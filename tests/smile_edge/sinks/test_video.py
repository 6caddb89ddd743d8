"""Text, video and picture outputs, checked by reading them back."""

import csv
import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.errors import SinkError, UsageError
from smile_edge.geometry.boxes import box_from_points_xywh
from smile_edge.imaging.draw import draw_faces
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.sinks import COLUMNS, CsvSink, ImageFolderSink, JsonlSink, Sink, VideoSink
from smile_edge.sources.demo import load_portrait

PORTRAIT, POINTS = load_portrait()


def face(number: int = 0) -> Face:
    box = box_from_points_xywh(POINTS, 0.2)
    sigma = np.full(49, 1.25, np.float32)
    return Face(POINTS, sigma, 0.98, box, number)


def frame_and_result(
    index: int = 0,
    faces: int = 1,
    source: str = "demo",
    *,
    captured_s: float | None = None,
    time_s: float | None = None,
) -> tuple[Frame, FrameResult]:
    time_s = index / 30 if time_s is None else time_s
    frame = Frame(PORTRAIT, index, time_s, source, captured_s)
    found = tuple(face(number) for number in range(faces))
    return frame, FrameResult(source, index, frame.time_s, 280, 280, found)


BROKEN = (Frame(np.empty((0, 0, 3), np.uint8), source="a.jpg"), FrameResult("a.jpg", 0, 0.0, 0, 0, error="empty"))


def read_video(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while True:
        ok, image = capture.read()
        if not ok:
            capture.release()
            return frames
        frames.append(image)


def test_jsonl_writes_one_record_a_frame_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonlSink(path) as sink:
        for index, faces in enumerate((1, 0, 2)):
            sink.write(*frame_and_result(index, faces))
        sink.write(*BROKEN)
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(record["frame"], len(record["faces"])) for record in records] == [(0, 1), (1, 0), (2, 2), (0, 0)]
    assert records[3]["error"] == "empty"
    assert records[0]["faces"][0]["points"][13] == pytest.approx([*POINTS[13].tolist(), 1.25], abs=0.01)


def test_jsonl_lines_can_be_read_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonlSink(path) as sink:
        sink.write(*frame_and_result())
        assert path.read_text("utf-8").endswith("}\n")


def test_jsonl_to_standard_output_leaves_it_open(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonlSink("-") as sink:
        sink.write(*frame_and_result(7))
    assert json.loads(capsys.readouterr().out)["frame"] == 7
    assert not sys.stdout.closed


def test_an_interrupted_run_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"

    def interrupted() -> None:
        with JsonlSink(path) as sink:
            sink.write(*frame_and_result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len([json.loads(line) for line in path.read_text("utf-8").splitlines()]) == 1


def test_a_reader_that_leaves_is_a_broken_pipe_and_closes_the_sink() -> None:
    program = (
        "from smile_edge.records import FrameResult, Frame\n"
        "from smile_edge.sinks import JsonlSink\n"
        "import numpy as np, os, sys\n"
        "frame = Frame(np.zeros((4, 4, 3), np.uint8))\n"
        "try:\n"
        "    with JsonlSink('-') as sink:\n"
        "        while True: sink.write(frame, FrameResult('x' * 1000, 0, 0.0, 4, 4))\n"
        "except BrokenPipeError:\n"
        "    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n"
        "    sys.exit(3 if sink.closed else 4)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 3
        assert process.stderr.read() == b""


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with JsonlSink(tmp_path / "out.jsonl") as sink:
        sink._file.close()
        sink._file = Full()
        with pytest.raises(SinkError, match="No space left"):
            sink.write(*frame_and_result())


def test_csv_writes_a_header_and_one_row_a_face(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with CsvSink(path) as sink:
        for index, faces in enumerate((2, 0, 1)):
            sink.write(*frame_and_result(index, faces, "a, b.mp4"))
        sink.write(*BROKEN)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["source"], row["frame"], row["id"]) for row in rows] == [
        ("a, b.mp4", "0", "0"),
        ("a, b.mp4", "0", "1"),
        ("a, b.mp4", "2", "0"),
    ]
    assert rows[0]["age_ms"] == ""
    one = face()
    wanted = {"roll": one.roll, "p48_x": POINTS[48, 0], "p48_sigma": 1.25}
    wanted |= dict(zip(("eye_open_right", "eye_open_left"), one.eye_open, strict=True))
    for name, value in wanted.items():
        assert float(rows[0][name]) == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "name"), [(JsonlSink, "out.jsonl"), (CsvSink, "out.csv"), (VideoSink, "out.mp4"), (ImageFolderSink, "out")]
)
def test_an_output_that_cannot_be_written_fails_before_any_work(
    tmp_path: Path, kind: type[JsonlSink | CsvSink | VideoSink | ImageFolderSink], name: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot write") as caught:
        kind(tmp_path / "file" / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".mp4", ".m4v", ".mov", ".mkv", ".avi"])
def test_video_holds_every_frame_with_its_overlay(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    with VideoSink(path, 25) as sink:
        for index in range(5):
            sink.write(*frame_and_result(index))
        sink.write(*BROKEN)
    images = read_video(path)
    assert len(images) == 5
    assert images[0].shape == PORTRAIT.shape
    overlaid = draw_faces(PORTRAIT, [face()]).astype(int)
    drawn = np.abs(PORTRAIT - overlaid).max(-1) > 40
    assert np.abs(images[2] - overlaid)[drawn].mean() < 0.5 * np.abs(PORTRAIT - overlaid)[drawn].mean()


def test_video_keeps_the_first_size_and_odd_sizes_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    with VideoSink(path, 25) as sink:
        for height, width in ((45, 61), (200, 100), (46, 62)):
            frame = Frame(np.full((height, width, 3), 255, np.uint8))
            sink.write(frame, FrameResult("test", 0, 0.0, width, height))
    first, tall, _ = read_video(path)
    assert first.shape == tall.shape == (46, 62, 3)
    assert first[:45, :61].min() > 200
    columns = tall[23, :, 0]
    assert columns[31] > 200
    assert max(columns[5], columns[-5]) < 50


def test_video_of_a_live_source_runs_at_the_speed_of_life(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    with VideoSink(path, 10) as sink:
        for time_s in (0.0, 0.1, 0.5, 0.52):
            sink.write(*frame_and_result(captured_s=1.0 + time_s, time_s=time_s))
    assert len(read_video(path)) == 7


def test_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "out.mp4", 30):
        assert (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.mp4").exists()


def test_video_refuses_unknown_endings_and_rates(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"expected one of \.mp4"):
        VideoSink(tmp_path / "out.txt")
    with pytest.raises(UsageError, match="fps must be a positive number"):
        VideoSink(tmp_path / "out.mp4", 0)


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_pictures_keep_their_relative_names_and_stay_apart(tmp_path: Path) -> None:
    photos, more = tmp_path / "photos", tmp_path / "more"
    (photos / "sub").mkdir(parents=True)
    more.mkdir()
    with ImageFolderSink(tmp_path / "out", [photos, more / "*.png"]) as sink:
        for path in (photos / "a.png", photos / "sub" / "a.webp", photos / "A.jpg", more / "a.png", tmp_path / "b.gif"):
            sink.write(*frame_and_result(source=str(path)))
        sink.write(*BROKEN)
    assert written(tmp_path / "out") == {"a.jpg", str(Path("sub/a.jpg")), "A-2.jpg", "a-3.jpg", "b.jpg"}
    assert cv2.imread(str(tmp_path / "out" / "a.jpg")).shape == PORTRAIT.shape


def test_frames_of_a_stream_are_numbered(tmp_path: Path) -> None:
    with ImageFolderSink(tmp_path) as sink:
        for index in (0, 12):
            sink.write(*frame_and_result(index, source="camera:0"))
    assert written(tmp_path) == {"camera_0_000000.jpg", "camera_0_000012.jpg"}


def test_input_pictures_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"the original")
    with pytest.raises(SinkError, match="would be overwritten"):
        ImageFolderSink(tmp_path, [tmp_path])
    with ImageFolderSink(tmp_path) as sink, pytest.raises(SinkError, match="would be overwritten"):
        sink.write(*frame_and_result(source=str(tmp_path / "a.jpg")))
    assert (tmp_path / "a.jpg").read_bytes() == b"the original"


def test_every_sink_may_be_closed_twice(tmp_path: Path) -> None:
    sinks: list[Sink] = [
        JsonlSink(tmp_path / "a.jsonl"),
        CsvSink(tmp_path / "a.csv"),
        VideoSink(tmp_path / "a.mp4"),
        ImageFolderSink(tmp_path / "a"),
    ]
    for sink in sinks:
        sink.write(*frame_and_result())
        sink.close()
        sink.close()
    assert len(read_video(tmp_path / "a.mp4")) == 1
