"""Many images through one pipeline: worker threads decode and look, results come back in input order.

Threads share the models and, on a GPU, its memory; the processes of a `ProcessPool` do not even share Python's lock.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from smile_edge.batch.schedule import EMPTY, Chunk, Pair, Schedule
from smile_edge.batch.worker_pool import WorkerPool, default_timeout_s
from smile_edge.errors import ModelError, SmileEdgeError, UsageError, one_line
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.decode import read_still
from smile_edge.imaging.memory_turn import MemoryTurn, memory_turn
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.topology import TOPOLOGY_70
from smile_edge.validation import check_counts, check_flags, check_given, check_seconds, shown

__all__ = ["look_at", "process_images"]

_LEAST_PX = 640
"""Longer side that a large picture keeps where it is decoded at less than its size: what the detector sees of it."""

_PIXELS_KEPT = 0.5
"""Share of the crop's pixels, along a side, that a face needs in a reduced picture. With fewer its points get worse: by
0.03 of 2.6 % of the face size at a half to two thirds, by 0.16 at a third to a half (facepoint, 91 and 60 faces)."""

_TOGETHER_BYTES = 32 << 20
"""Decoded images from which a chunk is looked at in parts: one of 11 million pixels gains nothing from another."""


def process_images(
    paths: Iterable[Path],
    pipeline: FacePipeline,
    *,
    workers: int = 2,
    batch: int = 2,
    pictures: bool = True,
    timeout_s: float | None = None,
    largest_picture_px: int | None = None,
) -> Iterator[Pair]:
    """Looks at every image; one that is broken becomes a result with `error` and does not stop the others.

    Each worker takes the next `batch` images through all stages by itself, so no stage waits for another. At most
    `batch * (workers + 1)` decoded images are held at a time. Of images that take much memory (`imaging.memory_turn`)
    one is read at a time, and its picture is not kept.

    Args:
        paths: image files; the result of each comes in this order, numbered from 0.
        pipeline: its `process_batch` is used, from the workers' threads.
        workers: threads.
        batch: images in one detector call. Eight take a tenth less time than two.
        pictures: yield the decoded images, too. Without them less memory is held, and a JPEG from 1280 px on is decoded
            at a half of its size or less where its faces are large, or whatever they are if the pipeline is `fast`;
            results are in its own pixels all the same. A pipeline that looks at pictures in tiles has all their pixels.
        timeout_s: for an image, and for up to four of one call together; None is 60 s, with tiles 600. An image that
            takes longer is tried once more, by itself, and is a result with `error` then. Python cannot end a thread:
            the one that hangs is left behind, and another takes its place.
        largest_picture_px: pictures of more pixels are not kept either.

    Yields:
        The frame and its result; the frame has no picture (zero size) where the image is broken or is not kept.

    Raises:
        UsageError: `workers` or `batch` is below one, or `timeout_s` is not above 0.
    """
    if not isinstance(pipeline, FacePipeline):
        raise UsageError(f"pipeline must be a FacePipeline. Received: pipeline={shown(pipeline)}")
    if isinstance(paths, (str, os.PathLike)) or not isinstance(paths, Iterable):
        raise UsageError(f"paths must be a list of paths. Received: paths={shown(paths)}")
    check_given(workers=workers, batch=batch)
    check_counts(workers=workers, batch=batch)
    check_flags(pictures=pictures)
    check_seconds(timeout_s=timeout_s)
    check_counts(largest_picture_px=largest_picture_px)
    timeout_s = default_timeout_s(tiled=pipeline.tiling is not None) if timeout_s is None else timeout_s
    return _processed(paths, lambda: _Here(pipeline, pictures, largest_picture_px), workers, batch, timeout_s)


def _processed(
    paths: Iterable[Path], worker: Callable[[], "_Here"], workers: int, batch: int, timeout_s: float
) -> Iterator[Pair]:
    pool = WorkerPool(worker, workers, timeout_s)
    try:
        yield from pool.results(Schedule(paths, batch, workers + 1))
    finally:
        pool.close()


class _Here:
    """A worker in this process, which nobody can end."""

    def __init__(self, pipeline: FacePipeline, pictures: bool, largest_picture_px: int | None) -> None:
        self._pipeline, self._pictures, self._largest_px = pipeline, pictures, largest_picture_px

    def open(self) -> None:
        """It is ready."""

    def look_at(self, images: Chunk) -> list[Pair]:
        return look_at(images, self._pipeline, self._pictures, self._largest_px)

    def end(self) -> None:
        """It ends with what it is at."""


def look_at(chunk: Chunk, pipeline: FacePipeline, pictures: bool, largest_picture_px: int | None = None) -> list[Pair]:
    """A few images from file to result; see `process_images`."""
    pairs: list[Pair] = []
    waiting: list[_Decoded] = []
    whole = pictures or pipeline.tiling is not None
    for index, path in chunk:
        with memory_turn() as turn:
            waiting.append(_decode(index, path, whole, turn))
            if turn.taken or sum(one.frame.image.nbytes for one in waiting) > _TOGETHER_BYTES:
                kept_px = 0 if turn.taken else largest_picture_px
                pairs += _results(waiting, pipeline, pictures, kept_px)
                waiting.clear()
    return pairs + _results(waiting, pipeline, pictures, largest_picture_px)


class _Decoded(NamedTuple):
    """An image on its way from file to result."""

    frame: Frame
    """Without a picture where it could not be read."""
    factor: int = 1
    """By which it is reduced."""
    error: str | None = None
    """Why it could not be read."""


def _results(
    decoded: Sequence[_Decoded], pipeline: FacePipeline, pictures: bool, largest_picture_px: int | None
) -> list[Pair]:
    read = [one for one in decoded if one.error is None]
    results = iter(_in_whole(read, _look(read, pipeline), pipeline))
    pairs = []
    for frame, _, error in decoded:
        result = next(results) if error is None else _failed(frame, error)
        height, width = frame.image.shape[:2]
        kept = pictures and (largest_picture_px is None or height * width <= largest_picture_px)
        pairs.append((frame if kept else replace(frame, image=EMPTY), result))
    return pairs


def _in_whole(
    decoded: Sequence[_Decoded], results: Sequence[FrameResult], pipeline: FacePipeline
) -> Sequence[FrameResult]:
    """The results of images that were reduced, in px of the whole ones."""
    factors = [one.factor if found.error is None else 1 for one, found in zip(decoded, results, strict=True)]
    if max(factors, default=1) == 1:
        return results
    enlarged = [_enlarged(found, factor) for found, factor in zip(results, factors, strict=True)]
    measured = pipeline.measured_all(enlarged)
    if pipeline.fast:
        return measured
    least_px = _PIXELS_KEPT * pipeline.models.landmarker.native_px
    rows = zip(decoded, measured, factors, strict=True)
    return [
        found if factor == 1 else _in_full(one.frame, found, factor * least_px, pipeline) for one, found, factor in rows
    ]


def _decode(index: int, path: Path, whole: bool, turn: MemoryTurn) -> _Decoded:
    try:
        still = read_still(path, None if whole else _LEAST_PX, turn.claim)
    except (SmileEdgeError, OSError, MemoryError) as error:
        return _Decoded(Frame(EMPTY, index=index, source=str(path)), error=one_line(error))
    return _Decoded(Frame(still.image, index=index, source=str(path), warning=still.warning), still.factor)


def _enlarged(result: FrameResult, factor: int) -> FrameResult:
    """The result in a picture of `factor` times the size, pixel centres kept."""
    if factor == 1:
        return result
    shift = (factor - 1) / 2

    def face(found: Face) -> Face:
        return replace(
            found,
            points=found.points * np.float32(factor) + np.float32(shift),
            sigma=found.sigma * np.float32(factor),
            box=found.box * np.float32(factor) + np.array([shift, shift, 0, 0], np.float32),
        )

    faces = tuple(map(face, result.faces))
    return replace(result, width=result.width * factor, height=result.height * factor, faces=faces)


def _in_full(frame: Frame, result: FrameResult, least_px: float, pipeline: FacePipeline) -> FrameResult:
    """Where a face is smaller than `least_px` the reduced picture lacked pixels for its points: all of them, then."""
    sizes = [float(face_roi(TOPOLOGY_70.five_points(face.points))[1]) for face in result.faces]
    if min(sizes, default=least_px) >= least_px:
        return result
    try:
        with memory_turn() as turn:
            image = read_still(frame.source, claim=turn.claim).image
            return pipeline.refine(replace(frame, image=image), result, least_px)
    except ModelError:
        raise
    except (SmileEdgeError, cv2.error, MemoryError):
        return result


def _look(decoded: "Sequence[_Decoded]", pipeline: FacePipeline) -> list[FrameResult]:
    """The batch's results; where it fails as a whole, each image is tried alone, so that one cannot spoil the rest."""
    if not decoded:
        return []
    try:
        frames, factors = [one.frame for one in decoded], [one.factor for one in decoded]
        return (
            pipeline.process_batch(frames, reductions=factors) if max(factors) > 1 else pipeline.process_batch(frames)
        )
    except ModelError:
        raise  # it would be the same for every image
    except (SmileEdgeError, cv2.error, MemoryError) as error:
        if len(decoded) == 1:
            return [_failed(decoded[0].frame, one_line(error))]
        return [result for one in decoded for result in _look([one], pipeline)]


def _failed(frame: Frame, error: str) -> FrameResult:
    height, width = frame.image.shape[:2]
    return FrameResult(frame.source, frame.index, None, width, height, error=error)
