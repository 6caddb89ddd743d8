"""Both networks alone: batches of 1 to 256 with and without bound buffers and CUDA graphs; where a run's time goes."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.gpu.job import Job, Rows, timed
from benchmarks.gpu.raw_sessions import BoundModel, open_raw, run_plainly
from benchmarks.speed.harness.suite import Row, figure, missing
from smile_edge.types import Array

__all__ = ["feeds_of", "kernels", "networks", "parts"]

BATCHES = (1, 8, 2, 4, 16, 32, 64, 128, 256)
"""The first two are those of a quick run."""
NETWORKS = (("landmarks", (96, 96)), ("detector", (256, 320)))
"""Models and their input's height and width, px: that of the detector is a 640x480 frame's."""
PLAIN, BOUND, RECORDED = "plain run", "bound buffers", "CUDA graph"
_BACK_TO_BACK = 50


def networks(job: Job) -> Rows:
    """Milliseconds a batch, from arrays of the host to arrays of the host."""
    for name, size in NETWORKS:
        for way, opened in _ways(job, name):
            for batch in job.pick(BATCHES):
                title = f"{name}, batch {batch}, {way}"
                yield attempted(title, _batch_row, opened, feeds_of(name, size, batch), job)


def parts(job: Job) -> Rows:
    """What uploading, running and downloading take by themselves, and a run whose end nobody waits for."""
    if job.provider != "cuda":
        yield missing("parts of a run", f"only CUDA has them; this ran with --provider {job.provider}")
        return
    for name, size in NETWORKS:
        for batch in job.pick((1, 64, 256)):
            bound = BoundModel(
                open_raw(_file(job, name), "cuda", graphs=True), feeds_of(name, size, batch), graphs=True
            )
            title = f"{name}, batch {batch}"
            spent = {part: timed(getattr(bound, part), job.seconds / 3) for part in ("upload", "run", "download")}
            whole = sum(row["value"] for row in spent.values())
            for part, row in spent.items():
                yield {"name": f"{title}: {part}", **row, "share": round(row["value"] / max(whole, 1e-9), 3)}
            many = timed(partial(bound.runs_back_to_back, _BACK_TO_BACK), job.seconds / 3)
            device_ms = many["value"] / _BACK_TO_BACK
            share = device_ms / max(spent["run"]["value"], 1e-9)
            yield {"name": f"{title}: run, back to back", **figure(device_ms, "ms"), "share_of_run": round(share, 3)}


def kernels(job: Job) -> Rows:
    """Operators that take the most of a run, from onnxruntime's own profile (launches, where CUDA does not wait)."""
    for name, size in NETWORKS:
        for batch in job.pick((1, 64)):
            yield from _profiled(job, name, feeds_of(name, size, batch), f"{name}, batch {batch}")


def feeds_of(name: str, size: tuple[int, int], batch: int) -> dict[str, Array]:
    """A batch of noise in the range of pictures."""
    images = np.random.default_rng(0).random((batch, 3, *size), np.float32) * 255
    return {"crops" if name == "landmarks" else "image": images}


def attempted(title: str, measure: Callable[..., Row], *arguments: Any) -> Row:
    """The row of a figure; a failure is said in its place, for no figure may cost the ones after it."""
    try:
        return {"name": title, **measure(*arguments)}
    except Exception as error:
        return missing(title, str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__)


def _ways(job: Job, name: str) -> list[tuple[str, Callable[[dict[str, Array]], Callable[[], Any]]]]:
    """How a batch can be run, each as a function from feeds to a call."""
    file = _file(job, name)
    plain = open_raw(file, job.provider)
    ways = [(PLAIN, lambda feeds: run_plainly(plain, feeds))]
    if job.provider == "cuda":
        ways.append((BOUND, lambda feeds: BoundModel(plain, feeds, graphs=False).upload_run_download))
        # A session of its own for each batch: a recorded one keeps its first shape's graph.
        ways.append(
            (
                RECORDED,
                lambda feeds: BoundModel(open_raw(file, "cuda", graphs=True), feeds, graphs=True).upload_run_download,
            )
        )
    return ways


def _batch_row(opened: Callable[[dict[str, Array]], Callable[[], Any]], feeds: dict[str, Array], job: Job) -> Row:
    row = timed(opened(feeds), job.seconds)
    batch = len(next(iter(feeds.values())))
    return {**row, "per_second": round(1000 * batch / row["value"])}


def _profiled(job: Job, name: str, feeds: dict[str, Array], title: str) -> Rows:
    runs = 20
    with TemporaryDirectory() as folder:
        session = open_raw(_file(job, name), job.provider, profile=Path(folder) / "run")
        for _ in range(3):
            session.run(None, feeds)
        start = time.perf_counter()
        for _ in range(runs):
            session.run(None, feeds)
        wall_ms = (time.perf_counter() - start) * 1000 / runs
        events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    spent: dict[str, float] = {}
    for event in events:
        if event.get("cat") == "Node" and str(event.get("name", "")).endswith("_kernel_time"):
            provider = str(event["args"].get("provider", "")).removesuffix("ExecutionProvider")
            operator = f"{event['args'].get('op_name')} ({provider})"
            spent[operator] = spent.get(operator, 0.0) + event["dur"] / 1000 / (runs + 3)
    total = sum(spent.values())
    row = figure(total, "ms", share_of_run=round(total / max(wall_ms, 1e-9), 3))
    yield {"name": f"{title}: in operators", **row}
    for operator, taken in sorted(spent.items(), key=lambda item: -item[1])[:5]:
        yield {"name": f"{title}: {operator}", **figure(taken, "ms", share=round(taken / max(total, 1e-9), 3))}


def _file(job: Job, name: str) -> Path:
    return job.models / job.manifest(name).file
