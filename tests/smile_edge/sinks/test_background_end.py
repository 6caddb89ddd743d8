"""How an output in a thread of its own ends: errors, interruptions, closing; nothing is lost, nothing stays behind."""

import json
import threading
import time
from pathlib import Path

import pytest
from gates import WAIT_S, Gate, Open, held_up, in_a_thread, record

from smile_edge.errors import SinkError
from smile_edge.sinks import BackgroundSink, JsonlSink


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


@pytest.mark.parametrize("wait", ["flush", "close"])
def test_a_hurried_output_gives_up_what_waits_and_counts_it(wait: str) -> None:
    output = BackgroundSink(gate := Gate())
    held_up(gate, output)
    for index in (1, 2, 3):
        output.write(*record(index))

    output.hurry(0.0)  # long ago
    getattr(output, wait)()

    assert output.left_out == 3
    gate.opened.set()
    output._thread.join(WAIT_S if wait == "close" else 0.0)
    output.close()
    assert gate.indices == [0]


def test_an_output_that_is_hurried_while_it_waits_still_writes_what_it_can_in_time() -> None:
    output = BackgroundSink(gate := Gate())
    held_up(gate, output)
    output.write(*record(1))
    hurrier = in_a_thread(lambda: (output.hurry(time.monotonic() + WAIT_S), gate.opened.set()))
    output.flush()
    hurrier.join()
    output.close()
    assert (gate.indices, output.left_out) == ([0, 1], 0)
