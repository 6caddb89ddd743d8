"""Workers that take tasks, each fed by a thread of its own; one that dies or hangs is replaced."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from typing import NamedTuple

from smile_edge.batch.schedule import Lost, Pair, Schedule, Task
from smile_edge.batch.worker import Worker, WorkerDied
from smile_edge.errors import WorkerError

__all__ = ["STARTS", "START_S", "TIMEOUT_S", "WorkerPool", "default_timeout_s"]

TIMEOUT_S, TILED_TIMEOUT_S = 60.0, 600.0
"""Default time for an image, and for one that is looked at in tiles: about three times what a slow computer needs for
200 million pixels."""
START_S = 60.0
"""Time for a worker to start: to load its modules and open its models."""
STARTS = 3
"""Starts in a row that may fail."""
_CLOSE_S = 1.0
"""How long the end waits for threads that are at an image."""
_IMAGES = 4
"""Images that share one timeout: the largest default batch. A larger task has proportionally more time."""
_STEP_S = 0.5
"""Longest wait in one piece: Windows interrupts none."""


def default_timeout_s(*, tiled: bool) -> float:
    """The time for an image where none was given; `tiled` where images are looked at in tiles."""
    return TILED_TIMEOUT_S if tiled else TIMEOUT_S


class WorkerPool:
    """A fixed number of workers and what becomes of their tasks."""

    def __init__(self, hire: Callable[[], Worker], count: int, timeout_s: float | None = None) -> None:
        """Nobody is hired yet.

        Args:
            hire: makes a worker: as many as there is work for, and one for each that is lost.
            count: at most this many at a time.
            timeout_s: for an image, and for up to four of one task together; None waits for ever.
        """
        self._hire, self._count = hire, count
        self._timeout_s = math.inf if timeout_s is None else timeout_s
        self._todo: SimpleQueue[Task | None] = SimpleQueue()
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._unfinished = self._failed_starts = 0
        self._slots: list[_Slot] = []

    def close(self) -> None:
        """Ends the workers; a thread that cannot be ended is left to itself after a second."""
        for slot in self._slots:
            slot.dismiss()
            self._todo.put(None)
        deadline_s = time.monotonic() + _CLOSE_S
        for slot in self._slots:
            slot.thread.join(max(0.0, deadline_s - time.monotonic()))

    def results(self, schedule: Schedule) -> Iterator[Pair]:
        """Does what is scheduled.

        Yields:
            The results in order.

        Raises:
            WorkerError: no worker gets through its start.
        """
        while True:
            while (task := schedule.next_task()) is not None:
                self._give(task)
            pair = schedule.next_pair()
            if pair is not None:
                yield pair
            elif schedule.finished:
                return
            else:
                self._wait(schedule)

    def _give(self, task: Task) -> None:
        self._todo.put(task)
        self._unfinished += 1
        if len(self._slots) < min(self._count, self._unfinished) and not self._failed_starts:
            self._add()

    def _add(self, reason: str = "") -> None:
        """One more worker, unless starts fail and others are left."""
        if self._failed_starts < STARTS:
            try:
                self._slots.append(_Slot(self._hire(), self._todo, self._events, self._timeout_s))
                return
            except OSError as error:  # the system gives no process
                reason = str(error.strerror or error)
        if not self._slots:
            raise WorkerError(f"no worker gets through its start ({reason}): use fewer workers (--workers)")

    def _wait(self, schedule: Schedule) -> None:
        """Waits for something to happen, half a second at most, and sees to it."""
        now_s = time.monotonic()
        patience_s = min((slot.deadline_s - now_s for slot in self._slots), default=_STEP_S)
        try:
            event = self._events.get(timeout=min(max(patience_s, 0.0), _STEP_S))
        except Empty:
            for given_up in [slot.given_up() for slot in self._slots]:
                if given_up is not None:
                    self._see_to(given_up, schedule)
            return
        if event.slot in self._slots:  # else it was given up, and this comes too late
            self._see_to(event, schedule)

    def _see_to(self, event: "_Event", schedule: Schedule) -> None:
        if event.task is not None:
            self._unfinished -= 1
            schedule.take(event.task, event.outcome)
        elif isinstance(event.outcome, BaseException):
            raise event.outcome
        if isinstance(event.outcome, list):
            self._failed_starts = 0
        elif event.task is None:
            self._failed_starts += 1
        if isinstance(event.outcome, Lost):
            self._replace(event.slot, event.outcome.reason)

    def _replace(self, slot: "_Slot", reason: str) -> None:
        slot.dismiss()
        self._slots.remove(slot)
        self._add(reason)


class _Event(NamedTuple):
    slot: "_Slot"
    task: Task | None
    """None for the start."""
    outcome: list[Pair] | Lost | BaseException


class _Slot:
    """One worker, and the thread that hands it its tasks."""

    def __init__(
        self, worker: Worker, todo: "SimpleQueue[Task | None]", events: SimpleQueue[_Event], timeout_s: float
    ) -> None:
        self._worker, self._todo, self._events, self._timeout_s = worker, todo, events, timeout_s
        self._lock = threading.Lock()
        """Of the three below, which the thread and the pool change."""
        self._dismissed = False
        self._task: Task | None = None
        self.deadline_s = time.monotonic() + START_S
        """When the worker is taken for hung; infinity while it has nothing to do."""
        # A daemon: one that hangs must not keep the process from its end.
        self.thread = threading.Thread(target=self._run, name="batch", daemon=True)
        self.thread.start()

    def dismiss(self) -> None:
        """Ends the worker; what it may still give is lost."""
        with self._lock:
            self._dismissed = True
        self._worker.end()

    def given_up(self) -> _Event | None:
        """What becomes of what it hangs at; None while it has time. What it gives later is not told."""
        with self._lock:
            if time.monotonic() < self.deadline_s:
                return None
            self._dismissed = True
            task = self._task
        late = f"not ready after {START_S:g} s" if task is None else f"no result within {self._limit_s(task):g} s"
        return _Event(self, task, Lost(late))

    def _run(self) -> None:
        outcome = self._outcome(self._open)
        self._tell(outcome)
        while isinstance(outcome, list) and not self._dismissed:
            task = self._todo.get()
            if task is None or not self._begins(task):
                return
            outcome = self._outcome(partial(self._worker.look_at, task.images))
            self._tell(outcome)

    def _begins(self, task: Task) -> bool:
        """Whether it may do the task, which is somebody else's if not."""
        with self._lock:
            if self._dismissed:
                self._todo.put(task)
                return False
            self._task, self.deadline_s = task, time.monotonic() + self._limit_s(task)
            return True

    def _tell(self, outcome: list[Pair] | Lost | BaseException) -> None:
        with self._lock:
            self.deadline_s = math.inf
            if not self._dismissed:
                self._events.put(_Event(self, self._task, outcome))

    def _open(self) -> list[Pair]:
        self._worker.open()
        return []

    def _outcome(self, work: Callable[[], list[Pair]]) -> list[Pair] | Lost | BaseException:
        try:
            return work()
        except WorkerDied as died:
            return Lost(str(died))
        except BaseException as error:  # raised where the result is asked for
            return error

    def _limit_s(self, task: Task) -> float:
        return self._timeout_s * max(1.0, len(task.images) / _IMAGES)
