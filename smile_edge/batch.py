"""Many images through one pipeline: decoded in threads, looked at in batches, given back in input order."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import ImageError, SmileEdgeError, UsageError
from smile_edge.pipeline import FacePipeline
from smile_edge.records import Frame, FrameResult
from smile_edge.sources.images import read_image

__all__ = ["process_images"]

Decoded = tuple[Frame, str | None]
"""A frame and why its image could not be read; the frame is empty then."""

_EMPTY: npt.NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)


def process_images(
    paths: Iterable[Path], pipeline: FacePipeline, *, workers: int = 2, batch: int = 8
) -> Iterator[tuple[Frame, FrameResult]]:
    """Looks at every image; one that is broken becomes a result with `error` and does not stop the others.

    At most `batch + 2 * workers` decoded images are held at a time.

    Args:
        paths: image files; the result of each comes in this order, numbered from 0.
        pipeline: its `process_batch` is used, from the calling thread.
        workers: threads that read and decode.
        batch: images in one detector call.

    Yields:
        The frame (of zero size where the image is broken) and its result.

    Raises:
        UsageError: `workers` or `batch` is below one.
    """
    for name, value in (("workers", workers), ("batch", batch)):
        if value < 1:
            raise UsageError(f"{name} must be at least 1. Received: {name}={value}")
    return _process(paths, pipeline, workers, batch)


def _process(
    paths: Iterable[Path], pipeline: FacePipeline, workers: int, batch: int
) -> Iterator[tuple[Frame, FrameResult]]:
    frames = _decode_ahead(paths, workers)
    try:
        while chunk := list(islice(frames, batch)):
            results = iter(_look([frame for frame, error in chunk if error is None], pipeline))
            for frame, error in chunk:
                yield (frame, next(results) if error is None else _failed(frame, error))
    finally:
        frames.close()


def _decode_ahead(paths: Iterable[Path], workers: int) -> Generator[Decoded, None, None]:
    """Decoded images in order, `2 * workers` of them under way at a time."""
    numbered = enumerate(paths)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        waiting: deque[Future[Decoded]] = deque(pool.submit(_decode, *item) for item in islice(numbered, 2 * workers))
        while waiting:
            decoded = waiting.popleft().result()
            waiting.extend(pool.submit(_decode, *item) for item in islice(numbered, 1))
            yield decoded
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _decode(index: int, path: Path) -> Decoded:
    try:
        return Frame(read_image(path), index=index, source=str(path)), None
    except (ImageError, OSError, MemoryError) as error:
        return Frame(_EMPTY, index=index, source=str(path)), _one_line(error)


def _look(frames: Sequence[Frame], pipeline: FacePipeline) -> list[FrameResult]:
    """The batch's results; where it fails as a whole, each image is tried alone, so that one cannot spoil the rest."""
    if not frames:
        return []
    try:
        return pipeline.process_batch(frames)
    except (SmileEdgeError, cv2.error, MemoryError) as error:
        if len(frames) == 1:
            return [_failed(frames[0], _one_line(error))]
        return [result for frame in frames for result in _look([frame], pipeline)]


def _failed(frame: Frame, error: str) -> FrameResult:
    height, width = frame.image.shape[:2]
    return FrameResult(frame.source, frame.index, frame.time_s, width, height, error=error)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
