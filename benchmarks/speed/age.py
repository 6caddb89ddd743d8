"""`age`: how old a frame is when its result is there, live at 30 frames a second, while an output takes its time.

Rounds, outputs and window are those of `smile-edge webcam`; only the source and what an output does are made up.
"""

import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.speed.scene import FPS, Image, compose
from benchmarks.speed.suite import Case, Child, Plan, Row, Suite, figure, ratio
from smile_edge import FacePipeline
from smile_edge.cli.channel import Channel, Window, one_round
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink, Sink
from smile_edge.sources import Source

__all__ = ["AGE", "OUTPUTS", "LiveScene"]

SECONDS = 20.0
WARM_UP_FRAMES = 15
SLEEP_S = 0.2
OUTPUTS = {"none": "no output", "drawing": "a window's drawing", "sleeping": "an output that sleeps 200 ms"}


class LiveScene(Source):
    """Frames in memory, paced like a camera."""

    def __init__(self, images: list[Image], frames: int) -> None:
        super().__init__("live scene", live=True, fps=FPS, length=frames)
        self._images = images

    def _frames(self) -> Generator[Frame]:
        start_s = time.monotonic()
        for index in range(self.length or 0):
            time.sleep(max(0.0, start_s + index / FPS - time.monotonic()))
            image = self._images[index % len(self._images)].copy()
            yield Frame(image, index, index / FPS, self.name, captured_s=time.monotonic())


class Drawing:
    """What a window does to a picture before it is shown."""

    closed, status = False, ""

    def write(self, frame: Frame, result: FrameResult) -> None:
        from smile_edge.draw import draw_faces, draw_status

        draw_status(draw_faces(frame.image, result.faces), self.status)


class Sleeping(Sink):
    """An output that is far too slow."""

    def write(self, frame: Frame, result: FrameResult) -> None:
        time.sleep(SLEEP_S)

    def close(self) -> None:
        """Nothing is held open."""


def cases(plan: Plan) -> list[Case]:
    """The same live stream with each output."""
    seconds = 2.0 if plan.quick else SECONDS
    return [Case(OUTPUTS[key], key, {"seconds": seconds}, cores=None) for key in OUTPUTS]


def _follow(child: Child, window: Window | None = None, output: Sink | None = None) -> Row:
    pipeline = FacePipeline(child.models())
    with ExitStack() as stack:
        source = stack.enter_context(LiveScene(compose("720p", 1).images, round(child.settings["seconds"] * FPS)))
        channel = Channel(source.name, source.fps, window)
        if output is not None:
            channel.sinks = [stack.enter_context(BackgroundSink(output))]
        for frame in source:
            one_round([channel], [(0, frame)], lambda frames: [pipeline.process(frame) for _, frame in frames])
    left_out = sum(sink.left_out for sink in channel.sinks)
    return _figures(list(channel.latencies_ms), channel.dropped, left_out)


def _figures(ages_ms: list[float], dropped: int, left_out: int) -> Row:
    ages = np.asarray(ages_ms[min(WARM_UP_FRAMES, len(ages_ms) // 3) :])
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(ages, [50, 95, 99]))
    curve = [round(float(value), 3) for value in np.percentile(ages, np.arange(101))]
    details: dict[str, Any] = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "percentiles_ms": curve}
    return figure(p99, "ms", frames=len(ages), dropped=dropped, left_out=left_out, **details)


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """What the slow output does to the age."""
    for key in ("p50_ms", "p99_ms"):
        name = f"{key[:3]}, sleeping output over none"
        yield from ratio(name, rows, OUTPUTS["sleeping"], OUTPUTS["none"], "lower", key)


AGE = Suite(
    "age",
    "How old a result is",
    cases,
    {
        "none": _follow,
        "drawing": lambda child: _follow(child, window=Drawing()),
        "sleeping": lambda child: _follow(child, output=Sleeping()),
    },
    derive=derive,
)
