"""A live loop beside slow outputs, and what the summary says of them."""

from dataclasses import replace

import numpy as np
import pytest
from gates import WAIT_S, Gate, Open, held_up, record

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink
from smile_edge.sinks.base import Sink
from smile_edge.streaming.channel import Channel, left_out_text, one_round


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


@pytest.mark.parametrize(
    ("length", "said", "beside"),
    [
        (100, "test  frame 20 of 100  0:16 left  ", "test 20/100 0:16 left "),
        (20, "test  frame 20 of 20  0:00 left  ", "test 20/20 0:00 left "),
        (10, "test  frame 20  0 faces", "test 0.0 fps"),  # the container has promised too few
        (None, "test  frame 20  0 faces", "test 0.0 fps"),
    ],
)
def test_the_status_shows_progress_where_the_length_is_known(length, said, beside):
    channel = Channel("test", 30.0, None, length=length)
    channel.count, channel.started_s, channel.done_s = 20, 100.0, 104.0
    assert channel.status().startswith(said)
    assert channel.short_status().startswith(beside)


def test_the_summary_ends_with_what_the_source_says() -> None:
    said: list[str] = []
    channel = Channel("test", 30.0, None, notes=lambda: said)
    assert channel.summary().endswith("0 dropped")
    said += ["3 damaged packets", "reconnected twice"]
    assert channel.summary().endswith("0 dropped, 3 damaged packets, reconnected twice")


class Late:
    """A hider that gives each frame one later, with its picture made white."""

    def __init__(self) -> None:
        self.held = []

    def push(self, frame, result):
        self.held.append((replace(frame, image=np.full_like(frame.image, 255)), result))
        return [self.held.pop(0)] if len(self.held) > 1 else []

    def flush(self):
        self.held, held = [], self.held
        return held


class Taking(Sink):
    def __init__(self, needs_image):
        self.needs_image, self.taken = needs_image, []

    def write(self, frame, result):
        self.taken.append((result.frame, frame.image.size and int(frame.image.min())))

    def close(self):
        """Nothing is held open."""


def test_outputs_with_pictures_get_what_has_passed_the_hider_and_records_come_at_once():
    pictures, records = Taking(True), Taking(False)
    channel = Channel("test", 30.0, None, hider=Late())
    channel.sinks = [pictures, records]
    image = np.zeros((4, 4, 3), np.uint8)
    for index in range(3):
        channel.write(Frame(image, index), FrameResult("test", index, 0.0, 4, 4))
    assert records.taken == [(0, 0), (1, 0), (2, 0)]
    assert pictures.taken == [(0, 255), (1, 255)]
    channel.finish()
    assert pictures.taken == [(0, 255), (1, 255), (2, 255)]
    assert len(records.taken) == 3


def test_a_pause_of_the_window_is_no_part_of_the_run():
    class Pausing:
        closed, status, paused_s = False, "", 0.0

        def write(self, frame, result):
            self.paused_s += 5.0

        def hold(self, seconds):
            """Nothing is shown."""

    channel = Channel("test", 30.0, Pausing())
    channel.started_s = 100.0
    channel.write(Frame(np.zeros((4, 4, 3), np.uint8)), FrameResult("test", 0, 0.0, 4, 4))
    channel.show()
    assert channel.started_s == 105.0
