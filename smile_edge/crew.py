"""Many images through several processes, each with models of its own: what Python does for one holds no other up.

On two cores two threads are some 1.6 times as fast as one, two processes 1.75 times on 800 pictures: each takes half a
second to start, and 100 MB.
"""

import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from smile_edge.batch import Chunk, Pair, check_counts, in_order, look_at
from smile_edge.errors import SmileEdgeError
from smile_edge.pipeline import FacePipeline

__all__ = ["process_images_apart"]

Settings = tuple[tuple[str, Any], ...]


def process_images_apart(
    paths: Iterable[Path], settings: Mapping[str, Any], *, workers: int = 2, batch: int = 2
) -> Iterator[Pair]:
    """`batch.process_images` in processes, without pictures.

    As with every use of `multiprocessing`, a script that calls this does its work under `if __name__ == "__main__"`.

    Args:
        paths: image files; the result of each comes in this order, numbered from 0.
        settings: what each process hands to `FacePipeline`.
        workers: processes.
        batch: images in one detector call.

    Yields:
        The frame, without its picture, and its result.

    Raises:
        UsageError: `workers` or `batch` is below one.
        SmileEdgeError: a process cannot open the models, or ended before its work was done.
    """
    check_counts(workers=workers, batch=batch)
    return _processed(paths, tuple(settings.items()), workers, batch)


def _processed(paths: Iterable[Path], settings: Settings, workers: int, batch: int) -> Iterator[Pair]:
    # Spawned, not forked: onnxruntime's threads do not survive a fork.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    try:
        with _interrupts_ignored():
            for _ in range(workers):
                pool.submit(int)  # anything: work starts a process, while none is idle
        yield from in_order(paths, pool, partial(_look, settings=settings), workers, batch)
    except BrokenProcessPool:
        raise SmileEdgeError(
            "a worker process ended before its work was done (out of memory?): use fewer workers (--workers)"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


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


def _look(chunk: Chunk, settings: Settings) -> list[Pair]:
    return look_at(chunk, _pipeline(settings), pictures=False)


@cache
def _pipeline(settings: Settings) -> FacePipeline:
    """The pipeline of this process, opened when it is first wanted."""
    return FacePipeline(**dict(settings))
