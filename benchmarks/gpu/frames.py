"""Frames of streams from array to points, pictures and faces from memory, and the start of a process."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from benchmarks.gpu.job import ONE_GRAPH, Job, Rows, crops_of, stream_of, timed
from benchmarks.gpu.networks import attempted
from benchmarks.speed.harness.suite import Row, figure
from benchmarks.speed.suites.scene import compose, faces_text, px_text
from smile_edge import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.multi_stream import StreamGroup

__all__ = ["many_streams", "startup", "stream_frames", "throughput"]

SIZES, FACES = ("480p", "720p"), (1, 4, 16)
STREAMS = 16


def startup(job: Job) -> Rows:
    """Seconds from opening the models to the first points, in a process that has opened none before."""
    frames = stream_of("480p", 1, 2)
    start = time.perf_counter()
    pipeline = FacePipeline(job.open_models(ONE_GRAPH))
    opened = time.perf_counter() - start
    pipeline.process(next(frames))
    yield {"name": "start: models opened and warm", **figure(opened, "s")}
    yield {"name": "start: first points", **figure(time.perf_counter() - start, "s")}
    for name, report in pipeline.reports.items():
        details: dict[str, Any] = {
            "obtained": report.obtained,
            "nodes": dict(report.nodes),
            "cuda_graphs": report.cuda_graphs,
        }
        row = figure(report.warmup_ms, "ms", **details, reason=report.reason)
        yield {"name": f"start: {name} warm run", **row}


def stream_frames(job: Job) -> Rows:
    """A frame of a stream: tracked (detector every tenth frame), and fresh (detector and two landmark passes)."""
    for way in job.ways:
        models = job.open_models(way)
        for size in SIZES:
            for faces in job.pick(FACES):
                title = f"{px_text(size)}, {faces_text(faces)}, {way}"
                yield attempted(f"frame, tracked, {title}", _tracked, models, size, faces, job)
                yield attempted(f"frame, fresh, {title}", _fresh, models, size, faces, job)


def many_streams(job: Job) -> Rows:
    """A round of frames of many streams through one `StreamGroup`."""
    models = job.open_models(ONE_GRAPH)
    group = StreamGroup(STREAMS, models)
    frames = stream_of("480p", 1)

    def one_round() -> None:
        frame = next(frames)
        group.process([(number, frame) for number in range(STREAMS)])

    row = timed(one_round, 3 * job.seconds)
    yield {"name": f"round of {STREAMS} streams, 640x480, 1 face each", **row}
    rate = 1000 * STREAMS / row["value"]
    yield {"name": f"frames of {STREAMS} streams", **figure(rate, "fps", "higher")}


def throughput(job: Job) -> Rows:
    """Pictures a second and faces a second, everything included but decoding, at several batch sizes."""
    models = job.open_models(ONE_GRAPH)
    pipeline = FacePipeline(models, fast=True)
    images = compose("480p", 1, 60).images
    for batch in job.pick((1, 16, 4, 64)):
        chosen = list(islice(images * 2, batch))
        title = f"pictures, 640x480, 1 face, batch {batch}"
        yield attempted(title, _rate, pipeline.process_batch, chosen, "images/s", job)
    for batch in job.pick((1, 16, 64, 256)):
        items = crops_of(batch)
        title = f"landmarks with their crops, batch {batch}"
        yield attempted(title, _rate, models.landmarker.landmarks, items, "faces/s", job)


def _tracked(models: Models, size: str, faces: int, job: Job) -> Row:
    pipeline, frames = FacePipeline(models), stream_of(size, faces)
    found: list[int] = []
    row = timed(lambda: found.append(len(pipeline.process(next(frames)).faces)), 2 * job.seconds)
    return {**row, "faces_found": round(sum(found) / len(found), 2)}


def _fresh(models: Models, size: str, faces: int, job: Job) -> Row:
    pipeline, frames = FacePipeline(models), stream_of(size, faces)
    found: list[int] = []

    def one() -> None:
        pipeline.reset()
        found.append(len(pipeline.process(next(frames)).faces))

    row = timed(one, job.seconds)
    return {**row, "faces_found": round(sum(found) / len(found), 2)}


def _rate(work: Callable[[Any], Any], batch: Sequence[Any], unit: str, job: Job) -> Row:
    row = timed(lambda: work(batch), job.seconds)
    return {**row, **figure(1000 * len(batch) / row["value"], unit, "higher")}
