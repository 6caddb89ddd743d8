"""What the page is told of each source, from its first frame to its last."""

import time

from gates import record

from smile_edge.cli.serve.meter import RunMeter
from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.runtime.report import ExecutionReport
from smile_edge.server.status import SourceStatus
from smile_edge.streaming.channel import Channel


def after_a_frame(fps: float | None = 30.0, *, ago_s: float = 0.0) -> Channel:
    channel = Channel("demo", fps, None)
    now_s = time.monotonic()
    channel.account(record(0)[1], now_s - 0.002, now_s)
    channel.write(*record(0))
    channel.done_s -= ago_s
    return channel


def told(channel: Channel, errors: dict[int, Exception] | None = None, *, ended: bool = False) -> SourceStatus:
    meter = RunMeter([channel], {"detector": ExecutionReport("auto", "cpu", None, "fake", 1.0)}, errors or {})
    meter.ended = ended
    status = meter()
    assert status.provider == "cpu"
    return status.sources[0]


def test_before_the_first_frame_it_is_starting() -> None:
    assert told(Channel("demo", 30.0, None)).state == "starting"


def test_with_frames_it_is_live_and_has_its_latency() -> None:
    source = told(after_a_frame())
    assert (source.state, source.frames) == ("live", 1)
    assert 1.9 < source.p50_ms < 2.1


def test_a_source_is_silent_after_two_seconds_and_a_slow_one_after_three_frames() -> None:
    assert told(after_a_frame(ago_s=3)).state == "silent"
    assert told(after_a_frame(None, ago_s=3)).state == "silent"
    assert told(after_a_frame(0.1, ago_s=20)).state == "live"
    assert told(after_a_frame(0.1, ago_s=40)).state == "silent"


def test_a_lost_source_says_why_also_at_the_end() -> None:
    source = told(after_a_frame(), {0: SourceError("cable pulled")}, ended=True)
    assert (source.state, source.reason) == ("lost", "cable pulled")


def test_the_end_is_told_once_there_are_no_more_rounds() -> None:
    meter = RunMeter([after_a_frame()], {}, {})
    rounds: list[list[tuple[int, Frame]]] = [[(0, record(0)[0])]]
    for _ in meter.watch(rounds):
        assert not meter.ended
    assert meter.ended
    assert meter().sources[0].state == "ended"
