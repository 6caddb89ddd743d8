"""`scaling`: what a second core is worth, given to one model run, to a second thread, or to a second process."""

import itertools
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from benchmarks.speed.harness.clock import pace_of, seconds_of
from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure, ratio, timing
from benchmarks.speed.suites.scene import compose, play
from smile_edge import FacePipeline

__all__ = ["SCALING"]

COUNTS = (1, 2)
RUNS = {
    "detector 320x256": (1, 256, 320),
    "detector 640x480": (1, 480, 640),
    "landmarker x1": (1,),
    "landmarker x8": (8,),
}
"""Model runs: batch, and for the detector height and width, px."""
CALLERS = ("threads", "processes")


def cases(plan: Plan) -> list[Case]:
    """Threads inside a run for each model, then threads and processes that each follow a stream."""
    names = ("detector 320x256", "landmarker x1") if plan.quick else RUNS
    inside = [
        Case(_inside(name, count), "inside", {"run": name, "threads": count}, cores=count)
        for name in names
        for count in COUNTS
    ]
    beside = [Case(_beside(kind, count), kind, {"count": count}, cores=count) for kind in CALLERS for count in COUNTS]
    return [*inside, *beside]


def inside(child: Child) -> Row:
    """One model run with so many threads inside."""
    models: Any = child.models(child.settings["threads"])
    name = child.settings["run"]
    batch, *size = RUNS[name]
    side = size or [models.landmarker.crop_px] * 2
    values = np.random.default_rng(0).random((batch, 3, *side), np.float32) * 255
    session, key = (models.detector.session, "image") if size else (models.landmarker.session, "crops")
    return timing(seconds_of(lambda: session.run({key: values}), child.seconds))


def threads(child: Child) -> Row:
    """Frames a second of several streams, each with a thread and a pipeline, over the same two sessions."""
    models = child.models()
    images = compose("480p", 1).images
    paces: list[float] = []

    def follow(start: threading.Barrier) -> None:
        paces.append(_pace(FacePipeline(models), images, child.seconds, start.wait))

    start = threading.Barrier(child.settings["count"])
    started = [threading.Thread(target=follow, args=(start,)) for _ in range(child.settings["count"])]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return figure(sum(paces), "fps", "higher", each=[round(pace, 1) for pace in paces])


def processes(child: Child) -> Row:
    """The same with a process for each stream."""
    child.models()  # for the record of what they run on
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(child.settings["count"])
    paces: Any = context.Queue()
    arguments = (start, paces, child.model_folder, child.provider, child.seconds)
    started = [context.Process(target=follow_alone, args=arguments) for _ in range(child.settings["count"])]
    for process in started:
        process.start()
    each = [paces.get(timeout=60 + 3 * child.seconds) for _ in started]
    for process in started:
        process.join()
    return figure(sum(each), "fps", "higher", each=[round(pace, 1) for pace in each])


def follow_alone(start: Any, paces: Any, models: str | None, provider: str, seconds: float) -> None:
    """What each process of `processes` does; at the top level, so that it can be found by a new process."""
    import cv2

    cv2.setNumThreads(1)
    paces.put(_pace(FacePipeline(models, provider), compose("480p", 1).images, seconds, start.wait))


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """How many times as fast with two as with one."""
    for name in RUNS:
        yield from ratio(f"{name}, two threads inside over one", rows, _inside(name, 1), _inside(name, 2))
    for kind in CALLERS:
        yield from ratio(f"two {kind} over one", rows, _beside(kind, 2), _beside(kind, 1))


def _inside(name: str, count: int) -> str:
    return f"{name}, {count} thread{'' if count == 1 else 's'} inside"


def _beside(kind: str, count: int) -> str:
    return f"{count} stream{'' if count == 1 else 's'} in {kind}"


def _pace(pipeline: FacePipeline, images: Any, seconds: float, ready: Callable[[], Any]) -> float:
    """Frames a second of one stream, after a warm-up and once everybody is `ready`."""
    frames = play(images)
    for frame in itertools.islice(frames, 20):
        pipeline.process(frame)
    ready()
    return pace_of(lambda: pipeline.process(next(frames)), seconds)


SCALING = Suite(
    "scaling",
    "A second core",
    cases,
    {"inside": inside, "threads": threads, "processes": processes},
    repeated=True,
    derive=derive,
)
