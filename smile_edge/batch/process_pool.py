"""Many images through several processes, each with models of its own: what Python does for one holds no other up.

This process only hands out the images and takes the results, so no image can do it harm. The others are started first:
to import this module costs next to nothing, and they load OpenCV and onnxruntime while this one does its own. They talk
through pipes and share no memory: `/dev/shm` may be missing, full or read-only.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from smile_edge.batch.worker import WorkerDied
from smile_edge.batch.worker_process import WorkerProcess
from smile_edge.errors import WorkerError
from smile_edge.validation import check_counts, check_given, check_seconds

if TYPE_CHECKING:
    from smile_edge.batch.schedule import Pair
    from smile_edge.runtime.report import ExecutionReport

__all__ = ["ProcessPool"]

_AHEAD = 3
"""Tasks in work or waiting, for each worker: one that is quick need not wait until the oldest is done."""
_MOST_IMAGES = 64
"""In a task: what is sent to a process fits the buffer of its pipe, so sending never waits."""


class ProcessPool:
    """Processes that look at images; closed at the end of a `with`.

    As with every use of `multiprocessing`, a script that makes one does its work under `if __name__ == "__main__"`.

    Example:
        >>> with ProcessPool(4) as pool:
        ...     for frame, result in pool.process_images(paths, {"provider": "cpu"}):
        ...         print(result.source, len(result.faces))
    """

    def __init__(self, workers: int) -> None:
        """Starts the processes, which takes little of this one's time.

        Args:
            workers: how many.

        Raises:
            UsageError: `workers` is below one.
            WorkerError: the system gives no process.
        """
        check_given(workers=workers)
        check_counts(workers=workers)
        self.workers = workers
        self._settings: dict[str, Any] = {}
        self._opened = False
        self._idle: deque[WorkerProcess] = deque()
        self._all: list[WorkerProcess] = []
        try:
            for _ in range(workers):
                self._idle.append(self._started())
        except OSError as error:
            self.close()
            raise WorkerError(f"worker processes cannot be started: {error.strerror or error}") from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "ProcessPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes at once."""
        for worker in self._all:
            worker.end()
        for worker in self._all:
            worker.reap()
        from smile_edge.imaging.memory_turn import forget_turns

        forget_turns()

    def open(self, settings: Mapping[str, Any]) -> "dict[str, ExecutionReport]":
        """Opens the models in one process; the others take the precision that it chose.

        Args:
            settings: what each process hands to `FacePipeline`.

        Returns:
            The execution report of each session, by model name.

        Raises:
            WorkerError: no process gets through its start.
            SmileEdgeError: the models cannot be opened.
        """
        from smile_edge.batch.worker_pool import START_S, STARTS

        self._settings = dict(settings)
        reason = ""
        for _ in range(STARTS):
            worker = self._hired()
            try:
                worker.open(START_S)
            except WorkerDied as died:
                reason = str(died)
                worker.end()
                continue
            self._idle.appendleft(worker)
            self._opened = True
            precisions = {report.precision for report in worker.reports.values()}
            if len(precisions) == 1:  # `auto` is decided by a timing, which could come out otherwise elsewhere
                self._settings["precision"] = precisions.pop()
            return worker.reports
        raise WorkerError(f"worker processes do not get through their start ({reason})")

    def process_images(
        self,
        paths: Iterable[Path],
        settings: Mapping[str, Any] | None = None,
        *,
        batch: int = 2,
        timeout_s: float | None = None,
    ) -> "Iterator[Pair]":
        """`batch.process_images` by the processes, without pictures.

        A process that dies, or gives no result in time, is replaced. Its images are tried once more, each by itself;
        one that costs a second process is a result with `error`.

        Args:
            paths: image files; the result of each comes in this order, numbered from 0.
            settings: see `open`, which need not be called first; None where it was.
            batch: images in one detector call, at most 64.
            timeout_s: for an image, and for up to four of one call together; None is 60 s, with tiles 600.

        Yields:
            The frame, without its picture, and its result.

        Raises:
            UsageError: `batch` is below one, or `timeout_s` is not above 0.
            WorkerError, SmileEdgeError: see `open`.
        """
        check_given(batch=batch)
        check_counts(batch=batch)
        check_seconds(timeout_s=timeout_s)
        if not self._opened:
            self.open(self._settings if settings is None else settings)
        return self._processed(paths, min(batch, _MOST_IMAGES), timeout_s)

    def _processed(self, paths: Iterable[Path], batch: int, timeout_s: float | None) -> "Iterator[Pair]":
        from smile_edge.batch.schedule import Schedule
        from smile_edge.batch.worker_pool import WorkerPool, default_timeout_s

        if timeout_s is None:
            timeout_s = default_timeout_s(tiled=self._settings.get("tiles") not in (None, "off"))
        pool = WorkerPool(self._hired, self.workers, timeout_s)
        try:
            yield from pool.results(Schedule(paths, batch, _AHEAD * self.workers))
        finally:
            pool.close()
            self._opened = False

    def _started(self) -> WorkerProcess:
        worker = WorkerProcess()
        self._all.append(worker)
        return worker

    def _hired(self) -> WorkerProcess:
        """A process that waits for work, or a new one."""
        worker = self._idle.popleft() if self._idle else self._started()
        worker.settings = self._settings
        return worker
