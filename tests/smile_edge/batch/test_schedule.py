"""What is done next, once more, and in which order it is told."""

from pathlib import Path

import pytest

from smile_edge.batch.schedule import EMPTY, Lost, Pair, Schedule, Task
from smile_edge.records import Frame, FrameResult

PATHS = [Path(f"{number}.jpg") for number in range(5)]


def done(task: Task) -> list[Pair]:
    return [(Frame(EMPTY, index), FrameResult(str(path), index, None, 1, 1)) for index, path in task.images]


def numbers(task: Task | None) -> list[int]:
    return [] if task is None else [index for index, _ in task.images]


def test_results_are_told_in_order_whoever_is_done_first() -> None:
    schedule = Schedule(PATHS, batch=2, ahead=3)
    tasks = [schedule.next_task() for _ in range(3)]
    assert [numbers(task) for task in tasks] == [[0, 1], [2, 3], [4]]

    for task in reversed(tasks):
        assert task is not None
        assert schedule.next_pair() is None
        schedule.take(task, done(task))

    told = [schedule.next_pair() for _ in PATHS]
    assert [pair and pair[1].frame for pair in told] == [0, 1, 2, 3, 4]
    assert schedule.finished


def test_no_more_is_given_than_may_be_ahead() -> None:
    schedule = Schedule(PATHS, batch=2, ahead=1)
    task = schedule.next_task()
    assert task is not None
    assert schedule.next_task() is None

    schedule.take(task, done(task))
    schedule.next_pair()
    assert schedule.next_task() is None
    schedule.next_pair()

    assert numbers(schedule.next_task()) == [2, 3]


def test_a_lost_task_is_tried_image_by_image_and_what_is_lost_again_has_an_error() -> None:
    schedule = Schedule(PATHS, batch=5, ahead=1)
    whole = schedule.next_task()
    assert whole is not None
    schedule.take(whole, Lost("killed"))
    alone = [schedule.next_task() for _ in PATHS]
    assert [numbers(task) for task in alone] == [[0], [1], [2], [3], [4]]

    for task in alone:
        assert task is not None
        schedule.take(task, Lost("killed") if numbers(task) == [3] else done(task))

    results = [pair[1] for pair in iter(schedule.next_pair, None)]
    assert [result.error for result in results] == [None, None, None, "3.jpg: killed, tried twice", None]
    assert [result.source for result in results] == [str(path) for path in PATHS]
    assert schedule.next_task() is None
    assert schedule.finished


def test_an_error_is_raised_when_its_images_are_due() -> None:
    schedule = Schedule(PATHS, batch=1, ahead=2)
    first, second = schedule.next_task(), schedule.next_task()
    assert first is not None
    assert second is not None
    schedule.take(second, OSError("no more"))
    schedule.take(first, done(first))

    assert schedule.next_pair() is not None
    with pytest.raises(OSError, match="no more"):
        schedule.next_pair()


def test_nothing_to_do_is_finished_at_once() -> None:
    schedule = Schedule([], batch=2, ahead=2)
    assert schedule.next_task() is None
    assert schedule.finished
