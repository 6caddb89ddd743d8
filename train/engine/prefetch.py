"""Batches made in background threads; OpenCV and numpy release the GIL while they work."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

__all__ = ["Batch", "prefetched"]

Batch = tuple[np.ndarray, dict[str, np.ndarray]]


def prefetched(
    make: Callable[[np.random.Generator], Batch], seed: int | Sequence[int], threads: int = 1, depth: int = 6
) -> Generator[Batch, None, None]:
    """Endless batches of `make`, each from a generator of chance of its own, so that a seed gives the same batches.

    Args:
        make: builds one batch.
        seed: of the whole sequence.
        threads: workers; a batch is always handed out in the order it was asked for.
        depth: batches prepared ahead.
    """
    seeds = np.random.SeedSequence(seed)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            while True:
                while len(waiting) < depth:
                    waiting.append(pool.submit(make, np.random.default_rng(seeds.spawn(1)[0])))
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
