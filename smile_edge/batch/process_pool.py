"""Many images through several processes, each with models of its own: what Python does for one holds no other up.

This process is one of them: a thread looks at images while the main one writes what all have found. The others are
started first: to import this module costs next to nothing, and they load OpenCV and onnxruntime while this one does.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from smile_edge.errors import SmileEdgeError
from smile_edge.validation import check_counts

if TYPE_CHECKING:
    from smile_edge.batch.runner import Chunk, Pair
    from smile_edge.pipeline.face_pipeline import FacePipeline

__all__ = ["ProcessPool"]

Settings = tuple[tuple[str, Any], ...]

_AHEAD = 3
"""Chunks in work or waiting, for each worker: one that is quick need not wait until the oldest is done."""


class ProcessPool:
    """This process and others, ready to look at images; closed at the end of a `with`.

    As with every use of `multiprocessing`, a script that makes one does its work under `if __name__ == "__main__"`.
    """

    def __init__(self, workers: int) -> None:
        """Starts the other processes, which takes none of this one's time.

        Args:
            workers: how many look at images, this process among them.

        Raises:
            UsageError: `workers` is below two.
        """
        check_counts(2, workers=workers)
        self.workers = workers
        self._here = ThreadPoolExecutor(1, thread_name_prefix="batch")
        # Spawned, not forked: onnxruntime's threads do not survive a fork.
        self._others = ProcessPoolExecutor(workers - 1, multiprocessing.get_context("spawn"))
        with _interrupts_ignored():
            for _ in range(workers - 1):
                self._others.submit(_load)  # work starts a process, while none is idle

    def __enter__(self) -> "ProcessPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes, after what each is at."""
        self._here.shutdown(cancel_futures=True)
        self._others.shutdown(cancel_futures=True)

    def process_images(
        self, paths: Iterable[Path], pipeline: "FacePipeline", settings: Mapping[str, Any], *, batch: int = 2
    ) -> "Iterator[Pair]":
        """`batch.process_images` by the whole crew, without pictures.

        Args:
            paths: image files; the result of each comes in this order, numbered from 0.
            pipeline: of this process.
            settings: what each other process hands to `FacePipeline` for the same.
            batch: images in one detector call.

        Yields:
            The frame, without its picture, and its result.

        Raises:
            UsageError: `batch` is below one.
            SmileEdgeError: a process cannot open the models, or ended before its work was done.
        """
        check_counts(batch=batch)
        return self._processed(paths, pipeline, tuple(settings.items()), batch)

    def _processed(
        self, paths: Iterable[Path], pipeline: "FacePipeline", settings: Settings, batch: int
    ) -> "Iterator[Pair]":
        from smile_edge.batch.runner import in_order, look_at

        here: list[Future[list[Pair]]] = []
        there: list[Future[list[Pair]]] = []

        def submit(chunk: "Chunk") -> "Future[list[Pair]]":
            for given in (here, there):
                given[:] = [future for future in given if not future.done()]
            # To whoever will be at it first: the others are `workers - 1` times as many.
            if len(here) * (self.workers - 1) <= len(there):
                here.append(self._here.submit(look_at, chunk, pipeline, False))
                return here[-1]
            there.append(self._others.submit(_look, chunk, settings))
            return there[-1]

        try:
            yield from in_order(paths, submit, _AHEAD * self.workers, batch)
        except BrokenProcessPool:
            raise SmileEdgeError(
                "a worker process ended before its work was done (out of memory?): use fewer workers (--workers)"
            ) from None


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which a terminal sends to all: the caller ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _load() -> None:
    """Imports what a process needs for its work, before there is any; sees to it that it does not outlive this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    import smile_edge.batch.runner  # noqa: F401


def _end_with(sentinel: int) -> None:
    """Ends this process when the one that started it is gone, killed perhaps."""
    connection.wait([sentinel])
    os._exit(1)


def _look(chunk: "Chunk", settings: Settings) -> "list[Pair]":
    from smile_edge.batch.runner import look_at

    return look_at(chunk, _pipeline(settings), pictures=False)


@cache
def _pipeline(settings: Settings) -> "FacePipeline":
    """The pipeline of this process, opened when it is first wanted."""
    from smile_edge.pipeline.face_pipeline import FacePipeline

    return FacePipeline(**dict(settings))
