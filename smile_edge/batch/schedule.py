"""Which images are to be looked at, which once more because a worker was lost, and whose result comes next."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.records import Frame, FrameResult
from smile_edge.validation import check_paths

__all__ = ["EMPTY", "Chunk", "Lost", "Pair", "Schedule", "Task", "unread"]

Pair = tuple[Frame, FrameResult]
Chunk = Sequence[tuple[int, Path]]
"""Some images, each with its number."""

EMPTY: npt.NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)
"""The picture of a frame that has none."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker gets at a time."""

    images: Chunk
    again: bool = False
    """A worker was lost with this image before."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of a task whose worker died or hung."""

    reason: str


class Schedule:
    """The images of a batch, from paths to results in their order.

    A task whose worker was lost is tried once more, image by image. An image whose worker is lost again becomes a
    result with `error`.
    """

    def __init__(self, paths: Iterable[Path], batch: int, ahead: int) -> None:
        """Nothing is taken of the paths yet.

        Args:
            paths: image files, numbered from 0.
            batch: images in a task.
            ahead: tasks in work, waiting, or done and not yet asked for.
        """
        self._fresh = enumerate(map(_path, paths))
        self._batch, self._most = batch, batch * ahead
        self._again: deque[Task] = deque()
        self._outcomes: dict[int, Pair | BaseException] = {}
        self._given = self._told = 0
        self._all_given = False

    @property
    def finished(self) -> bool:
        """Whether every result was told."""
        return self._all_given and self._told == self._given

    def next_task(self) -> Task | None:
        """What is to be done next; None where there is nothing now.

        Raises:
            UsageError: what comes next is no path.
        """
        if self._again:
            return self._again.popleft()
        if self._all_given or self._given - self._told + self._batch > self._most:
            return None
        images = list(islice(self._fresh, self._batch))
        self._given += len(images)
        self._all_given = len(images) < self._batch
        return Task(images) if images else None

    def take(self, task: Task, outcome: list[Pair] | Lost | BaseException) -> None:
        """Takes what became of a task; an error is raised when its first image is due."""
        if isinstance(outcome, list):
            self._outcomes.update(zip((index for index, _ in task.images), outcome, strict=True))
        elif isinstance(outcome, BaseException):
            self._outcomes[task.images[0][0]] = outcome
        elif not task.again:
            self._again.extend(Task([image], again=True) for image in task.images)
        else:
            self._outcomes.update(
                (index, unread(index, path, f"{outcome.reason}, tried twice")) for index, path in task.images
            )

    def next_pair(self) -> Pair | None:
        """The result of the next image; None where it is not there yet.

        Raises:
            BaseException: what a worker raised.
        """
        outcome = self._outcomes.pop(self._told, None)
        if isinstance(outcome, BaseException):
            raise outcome
        self._told += outcome is not None
        return outcome


def _path(path: Any) -> Path:
    check_paths(path=path)
    return Path(path)


def unread(index: int, path: Path, reason: str) -> Pair:
    """The frame and the result of an image that cannot be read, or that costs every worker its life."""
    frame = Frame(EMPTY, index=index, source=str(path))
    return frame, FrameResult(frame.source, index, None, 0, 0, error=f"{path}: {reason}")
