"""A live loop beside slow outputs, and what the summary says of them."""

import pytest
from gates import WAIT_S, Gate, Open, held_up, record

from smile_edge.sinks import BackgroundSink
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
