"""Workers that die, hang or do not start, without a process."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from gates import WAIT_S

import smile_edge.batch.worker_pool
from smile_edge.batch.schedule import EMPTY, Chunk, Pair, Schedule
from smile_edge.batch.worker import WorkerDied
from smile_edge.batch.worker_pool import WorkerPool
from smile_edge.errors import WorkerError
from smile_edge.records import Frame, FrameResult


class Hired:
    """A worker that dies of images named `lethal`, and of `hanging` ones waits until it is ended."""

    def __init__(self, start: Callable[[], None]) -> None:
        self.start, self.ended = start, threading.Event()

    def open(self) -> None:
        self.start()

    def look_at(self, images: Chunk) -> list[Pair]:
        names = {path.stem for _, path in images}
        if "lethal" in names:
            raise WorkerDied("it died")
        if "hanging" in names:
            assert self.ended.wait(WAIT_S)
        return [(Frame(EMPTY, index), FrameResult(str(path), index, None, 1, 1)) for index, path in images]

    def end(self) -> None:
        self.ended.set()


class Agency:
    """Hires workers and keeps count."""

    def __init__(self, start: Callable[[int], None] = lambda number: None) -> None:
        self.start, self.hired = start, 0

    def __call__(self) -> Hired:
        number, self.hired = self.hired, self.hired + 1
        return Hired(lambda: self.start(number))


def results(
    hire: Callable[[], Hired], names: list[str], *, workers: int = 1, timeout_s: float | None = None
) -> list[FrameResult]:
    pool = WorkerPool(hire, workers, timeout_s)
    try:
        return [result for _, result in pool.results(Schedule(map(Path, names), 2, 3))]
    finally:
        pool.close()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("bad", ["lethal", "hanging"])
def test_an_image_that_costs_two_workers_is_an_error_and_the_others_are_not(workers: int, bad: str) -> None:
    agency = Agency()

    found = results(agency, ["a", bad, "b", "c", "d"], workers=workers, timeout_s=0.3)

    assert [result.source for result in found] == ["a", bad, "b", "c", "d"]
    assert [result.error is None for result in found] == [True, False, True, True, True]
    assert str(found[1].error).startswith(f"{bad}: {'it died' if bad == 'lethal' else 'no result within 0.3 s'}")
    assert 3 <= agency.hired <= workers + 2  # no more than there is work for, and two in place of the lost


def test_no_more_workers_are_hired_than_there_is_work_for() -> None:
    agency = Agency()

    assert len(results(agency, ["a", "b", "c"], workers=2**31 - 1)) == 3
    assert agency.hired == 2  # two images a task


def test_a_worker_that_comes_to_itself_after_it_was_given_up_is_not_heard() -> None:
    found = results(Agency(), ["hanging"] * 3, timeout_s=0.1)

    assert [result.error is None for result in found] == [False] * 3


def test_a_worker_that_fails_to_start_is_replaced() -> None:
    def start(number: int) -> None:
        if number < 2:
            raise WorkerDied("no")

    assert [result.error for result in results(Agency(start), ["a", "b", "c"])] == [None] * 3


def test_where_none_starts_it_is_one_line() -> None:
    def start(number: int) -> None:
        raise WorkerDied("no memory")

    with pytest.raises(WorkerError, match=r"no worker gets through its start \(no memory\).*fewer workers"):
        results(Agency(start), ["a", "b", "c"], workers=2)


def test_a_worker_that_hangs_in_its_start_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smile_edge.batch.worker_pool, "START_S", 0.1)
    over = threading.Event()

    def start(number: int) -> None:
        if number == 0:
            over.wait(WAIT_S)

    assert [result.error for result in results(Agency(start), ["a"])] == [None]
    over.set()


def test_processes_that_the_system_refuses_leave_the_work_to_the_others() -> None:
    agency = Agency()

    def hire() -> Hired:
        if agency.hired == 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return agency()

    found = results(hire, ["a", "b", "lethal"], workers=3)
    assert [result.error is None for result in found] == [True, True, False]


def test_an_error_of_a_start_is_raised() -> None:
    def start(number: int) -> None:
        raise OSError("no such model")

    with pytest.raises(OSError, match="no such model"):
        results(Agency(start), ["a"])
