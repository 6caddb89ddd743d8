"""The newest frame wins, and no thread or error is lost."""

import threading
import time
from collections.abc import Generator

import pytest
from fake_capture import PICTURE, no_capture_threads

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources import LatestFrames


def wait_until_idle(latest: LatestFrames) -> None:
    """Let the capture thread run to the end of its generator."""
    latest._thread.join(5)
    assert not latest._thread.is_alive()


def numbered(count: int) -> Generator[Frame]:
    for index in range(count):
        yield Frame(PICTURE, index)


def test_the_newest_frame_wins_and_skipped_ones_are_counted() -> None:
    latest = LatestFrames(numbered(5), "test")
    wait_until_idle(latest)
    frame = next(latest)
    assert (frame.index, frame.dropped) == (4, 4)
    assert next(latest, None) is None


def test_every_live_frame_knows_the_wall_clock_of_the_first() -> None:
    before = time.time()

    def live() -> Generator[Frame]:
        now_s = time.monotonic()
        for index in range(2):
            yield Frame(PICTURE, index, index / 30, captured_s=now_s + index / 30)

    starts = {frame.started_at for frame in LatestFrames(live(), "test", every=True)}

    assert len(starts) == 1
    assert starts.pop() == pytest.approx(before, abs=5)
    assert {frame.started_at for frame in LatestFrames(numbered(2), "test", every=True)} == {None}  # a file


def test_a_reader_that_keeps_up_drops_nothing() -> None:
    taken = threading.Semaphore(1)

    def patient() -> Generator[Frame]:
        for frame in numbered(20):
            assert taken.acquire(timeout=5)
            yield frame

    latest = LatestFrames(patient(), "test")
    indices = []
    for frame in latest:
        indices.append((frame.index, frame.dropped))
        taken.release()
    assert indices == [(index, 0) for index in range(20)]


def test_an_error_in_the_thread_comes_out_after_the_last_frame() -> None:
    def failing() -> Generator[Frame]:
        yield Frame(PICTURE)
        raise SourceError("cable pulled")

    latest = LatestFrames(failing(), "test")
    wait_until_idle(latest)
    assert next(latest).index == 0
    with pytest.raises(SourceError, match="cable pulled"):
        next(latest)
    assert next(latest, None) is None


def test_silence_is_an_error_rather_than_a_hang() -> None:
    released = threading.Event()

    def silent() -> Generator[Frame]:
        released.wait(10)
        yield Frame(PICTURE)

    latest = LatestFrames(silent(), "test", stall_s=0.05)
    with pytest.raises(SourceError, match=r"no frame for 0\.05 s"):
        next(latest)
    released.set()
    wait_until_idle(latest)


def test_closing_joins_the_thread_and_closes_the_generator_where_it_ran() -> None:
    closed_in: list[str] = []

    def endless() -> Generator[Frame]:
        try:
            while True:
                yield Frame(PICTURE)
                time.sleep(0.001)
        finally:
            closed_in.append(threading.current_thread().name)

    latest = LatestFrames(endless(), "test")
    next(latest)
    latest.close()
    latest.close()
    assert no_capture_threads()
    assert closed_in == ["capture test"]
    assert next(latest, None) is None


def test_a_gap_before_a_frame_that_was_replaced_counts_for_the_next() -> None:
    gaps_s = [None, 1.5, None, 0.5, None]

    def live() -> Generator[Frame]:
        yield from (Frame(PICTURE, index, gap_s=gap_s) for index, gap_s in enumerate(gaps_s))

    latest = LatestFrames(live(), "test")
    wait_until_idle(latest)
    assert next(latest).gap_s == 2.0
    assert [frame.gap_s for frame in LatestFrames(live(), "test", every=True)] == gaps_s
