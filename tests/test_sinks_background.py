"""Outputs in a thread of their own: order, back pressure, what is left out, errors, and that nothing stays behind."""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from smile_edge.cli import app
from smile_edge.cli.channel import Channel, left_out_text, one_round
from smile_edge.errors import SinkError, UsageError
from smile_edge.pipeline import Models
from smile_edge.records import Frame, FrameResult
from smile_edge.session import ExecutionReport
from smile_edge.sinks import BackgroundSink, JsonlSink, Sink, VideoSink
from tests.fake_world import World, face_points

WAIT_S = 30
"""Until a test that hangs fails; none takes this long."""


def record(index: int, *, live: bool = False) -> tuple[Frame, FrameResult]:
    frame = Frame(np.full((8, 8, 3), index, np.uint8), index, index / 30, "test", 1.0 if live else None)
    return frame, FrameResult("test", index, index / 30, 8, 8)


class Gate(Sink):
    """Writes nothing before it is opened; what it wrote, and with which picture, can be looked up."""

    def __init__(self, *, needs_image: bool = True, error: BaseException | None = None) -> None:
        self.name, self.needs_image, self.error = "gate", needs_image, error
        self.entered, self.opened = threading.Event(), threading.Event()
        self.indices: list[int] = []
        self.images: list[np.ndarray] = []
        self.threads: set[str] = set()
        self.closes = 0

    def write(self, frame: Frame, result: FrameResult) -> None:
        self.entered.set()
        assert self.opened.wait(WAIT_S)
        if self.error is not None:
            raise self.error
        self.indices.append(result.frame)
        self.images.append(frame.image)
        self.threads.add(threading.current_thread().name)

    def close(self) -> None:
        self.closes += 1


class Open(Gate):
    """A gate that stands open."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.opened.set()


def held_up(gate: Gate, output: BackgroundSink, *, live: bool = False) -> None:
    """Hands over record 0 and waits until the gate holds it: from now on the queue fills."""
    output.write(*record(0, live=live))
    assert gate.entered.wait(WAIT_S)


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="a writer", daemon=True)
    thread.start()
    return thread


def test_every_record_of_a_file_is_written_in_order_by_another_thread():
    with BackgroundSink(gate := Open(), capacity=2) as output:
        for index in range(50):
            output.write(*record(index))
    assert gate.indices == list(range(50))
    assert gate.threads == {"write gate"}
    assert output.left_out == 0


def test_a_file_waits_while_the_queue_is_full_and_goes_on_when_there_is_room():
    with BackgroundSink(gate := Gate(), capacity=2) as output:
        held_up(gate, output)
        handed_over = []

        def hand_over() -> None:
            for index in range(1, 6):
                output.write(*record(index))
                handed_over.append(index)

        writer = in_a_thread(hand_over)
        writer.join(0.05)
        assert len(handed_over) <= 2
        gate.opened.set()
        writer.join(WAIT_S)
    assert gate.indices == list(range(6))


def test_a_live_source_never_waits_and_the_oldest_waiting_records_are_left_out():
    with BackgroundSink(gate := Gate(), capacity=3) as output:
        held_up(gate, output, live=True)
        for index in range(1, 10):
            output.write(*record(index, live=True))  # would hang if it waited: nothing opens the gate before
        assert output.left_out == 6
        gate.opened.set()
    assert gate.indices == [0, 7, 8, 9]


def test_beside_a_file_only_records_of_the_live_source_are_left_out():
    with BackgroundSink(gate := Gate(), capacity=2) as output:
        held_up(gate, output)
        for index, live in ((1, True), (2, False), (3, True), (4, True)):
            output.write(*record(index, live=live))
        writer = in_a_thread(lambda: output.write(*record(5)))
        gate.opened.set()
        writer.join(WAIT_S)
        assert output.left_out == 2
    assert gate.indices == [0, 2, 4, 5]


def test_where_only_records_of_files_wait_the_new_live_one_is_left_out():
    with BackgroundSink(gate := Gate(), capacity=1) as output:
        held_up(gate, output)
        output.write(*record(1))
        output.write(*record(2, live=True))
        assert output.left_out == 1
        gate.opened.set()
    assert gate.indices == [0, 1]


def test_a_slow_output_does_not_delay_a_live_loop():
    channel, gate = Channel("test", 30.0, None), Gate()
    with BackgroundSink(gate, capacity=4) as output:
        channel.sinks = [output]
        for index in range(20):
            frame, result = record(index, live=True)
            one_round([channel], [(0, frame)], lambda frames, result=result: [result])
            assert gate.entered.wait(WAIT_S)  # the output is in its first write all the time
        assert channel.count == 20
        assert gate.indices == []
        assert left_out_text(channel.sinks) == ", gate left out 15 records"
        gate.opened.set()


def test_the_summary_is_silent_about_outputs_that_lack_nothing():
    with BackgroundSink(Open()) as whole, BackgroundSink(gate := Gate(), capacity=1) as short:
        held_up(gate, short, live=True)
        for index in (1, 2):
            short.write(*record(index, live=True))
        gate.opened.set()
        assert left_out_text([whole, short]) == ", gate left out 1 record"
        assert left_out_text([whole]) == ""


@pytest.mark.parametrize("error", [SinkError("cannot write x: full"), BrokenPipeError()])
def test_an_error_comes_out_of_the_next_write_and_only_once(error):
    gate = Open(error=error)
    with BackgroundSink(gate) as output:
        output.write(*record(0))
        output._thread.join(WAIT_S)
        with pytest.raises(type(error)) as caught:
            output.write(*record(1))
        assert caught.value is error
    assert gate.closes == 1


def test_an_error_comes_out_of_closing_where_nothing_was_written_after_it():
    gate = Open(error=SinkError("cannot write x: full"))
    with pytest.raises(SinkError, match="x: full"), BackgroundSink(gate) as output:
        output.write(*record(0))
    assert gate.closes == 1
    output.close()


def test_an_error_comes_out_of_flushing():
    with BackgroundSink(Open(error=SinkError("cannot write x: full"))) as output:
        output.write(*record(0))
        with pytest.raises(SinkError, match="x: full"):
            output.flush()


def test_an_error_frees_a_file_that_waits_for_room():
    with BackgroundSink(gate := Gate(error=SinkError("cannot write x: full")), capacity=1) as output:
        held_up(gate, output)
        output.write(*record(1))
        heard: list[SinkError] = []

        def wait_for_room() -> None:
            try:
                output.write(*record(2))
            except SinkError as error:
                heard.append(error)

        writer = in_a_thread(wait_for_room)
        gate.opened.set()
        writer.join(WAIT_S)
    assert heard == [gate.error]


def test_an_error_of_closing_comes_out_as_it_is():
    class Cut(Open):
        def close(self) -> None:
            raise SinkError("cannot write x: the video is cut short")

    with pytest.raises(SinkError, match="cut short"), BackgroundSink(Cut()) as output:
        output.write(*record(0))


def test_a_reader_that_left_closes_the_sink(tmp_path):
    sink = JsonlSink(tmp_path / "out.jsonl")

    class Gone:
        def write(self, text: str) -> None:
            raise BrokenPipeError

        def close(self) -> None:
            """Nothing is held open."""

    sink._file.close()
    sink._file = Gone()
    with pytest.raises(BrokenPipeError), BackgroundSink(sink) as output:
        output.write(*record(0))
    assert output.closed


def test_flush_waits_for_the_record_that_is_being_written():
    with BackgroundSink(gate := Gate()) as output:
        held_up(gate, output)
        flusher = in_a_thread(output.flush)
        flusher.join(0.02)
        assert flusher.is_alive()
        gate.opened.set()
        flusher.join(WAIT_S)
        assert gate.indices == [0]


def test_closing_writes_what_waits_ends_the_thread_and_may_be_repeated():
    before = set(threading.enumerate())
    output = BackgroundSink(gate := Gate())
    for index in range(5):
        output.write(*record(index, live=True))
    in_a_thread(gate.opened.set)
    output.close()
    assert gate.indices == list(range(5))
    assert not output._thread.is_alive()
    assert set(threading.enumerate()) <= before
    output.close()
    with pytest.raises(ValueError, match="after it was closed"):
        output.write(*record(5))


def test_an_interrupted_run_writes_everything_that_was_handed_over(tmp_path: Path):
    path = tmp_path / "out.jsonl"

    def interrupted() -> None:
        with BackgroundSink(JsonlSink(path)) as output:
            for index in range(20):
                output.write(*record(index, live=True))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [json.loads(line)["frame"] for line in path.read_text("utf-8").splitlines()] == list(range(20))


@pytest.mark.parametrize("wait", ["flush", "close"])
def test_an_interruption_while_waiting_gives_up_what_waits_and_still_closes(monkeypatch, wait):
    output = BackgroundSink(gate := Gate())
    held_up(gate, output)
    output.write(*record(1))
    real, interruptions = output._changed.wait_for, [KeyboardInterrupt()]

    def interrupted(*arguments: object) -> object:
        if threading.current_thread() is threading.main_thread() and interruptions:
            in_a_thread(open_once_given_up)
            raise interruptions.pop()
        return real(*arguments)

    def open_once_given_up() -> None:
        with output._changed:
            if real(lambda: not output._waiting, WAIT_S):
                gate.opened.set()

    monkeypatch.setattr(output._changed, "wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        getattr(output, wait)()
    output.close()
    assert gate.indices == [0]
    assert gate.closes >= 1


@pytest.mark.parametrize("wait", ["flush", "close"])
def test_a_write_that_never_ends_is_left_behind_where_the_wait_was_interrupted(monkeypatch, caplog, wait):
    monkeypatch.setattr("smile_edge.sinks.background._PATIENCE_S", 0.01)
    output = BackgroundSink(gate := Gate())
    held_up(gate, output)
    real, interruptions = output._changed.wait_for, [KeyboardInterrupt()]
    monkeypatch.setattr(
        output._changed, "wait_for", lambda *now: real(*now) if not interruptions else raised(interruptions.pop())
    )
    with pytest.raises(KeyboardInterrupt):
        getattr(output, wait)()
    if wait == "flush":
        output.close()
    assert gate.closes == 0  # not under a write
    assert "a write to gate does not end" in caplog.text
    gate.opened.set()
    output._thread.join(WAIT_S)
    output.close()
    assert gate.closes == 1


def raised(error: BaseException) -> None:
    raise error


def test_pictures_are_handed_over_as_they_are_and_only_to_those_who_need_them():
    with BackgroundSink(drawn := Open()) as pictures, BackgroundSink(text := Open(needs_image=False)) as records:
        frame, result = record(3)
        pictures.write(frame, result)
        records.write(frame, result)
        assert pictures.capacity < records.capacity
    assert drawn.images[0] is frame.image
    assert text.images[0].size == 0
    assert not JsonlSink.needs_image
    assert VideoSink.needs_image


def test_a_capacity_below_one_is_refused():
    with pytest.raises(UsageError, match="capacity=0"):
        BackgroundSink(Open(), capacity=0)


def test_lines_can_be_read_while_it_runs(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    with BackgroundSink(JsonlSink(path)) as output:
        output.write(*record(7))
        output.flush()
        assert json.loads(path.read_text("utf-8"))["frame"] == 7


def test_a_video_is_whole(tmp_path: Path):
    path = tmp_path / "out.avi"
    with BackgroundSink(VideoSink(path), capacity=1) as output:
        for index in range(10):
            output.write(Frame(np.zeros((48, 64, 3), np.uint8), index), FrameResult("a", index, 0.0, 64, 48))
    video = cv2.VideoCapture(str(path))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == 10


@pytest.fixture
def _fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(lambda index: [face_points(x=160, y=120)])
    models = Models(world, world, (("detector", ExecutionReport("auto", "cpu", None, "fake", 1.0)),))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full, which only Linux has")
@pytest.mark.parametrize("output", ["--jsonl", "--csv", "--contact-sheet"])
@pytest.mark.parametrize("frames", [1, 50])
@pytest.mark.usefixtures("_fake_models")
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


@pytest.mark.usefixtures("_fake_models")
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

    monkeypatch.setattr("smile_edge.sources.open_source", lambda spec, mirror: Live(20))
    out = tmp_path / "out.jsonl"
    result = CliRunner().invoke(app, ["webcam", "--no-show", "--jsonl", str(out)])
    assert result.exit_code == 0, result.output
    kept = len(out.read_text().splitlines())
    assert kept in (2, 3)  # what waited, and the one at which the output stood still, where its thread was quick
    assert f"{out} left out {20 - kept} records" in result.stderr
