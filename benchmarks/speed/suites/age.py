"""`age`: how old a frame is when its result is there, live at 30 frames a second, while an output takes its time; and
how old it is when its record has arrived at a receiver on this machine.

`SourceMux`, outputs and window are those of `smile-edge webcam`; only the source and what an output does are made up.
What a slow output does to the age is measured within one process, where it is there every other second: two processes
differ by more than it may.
"""

import json
import socket
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from threading import Event, Thread
from typing import Any, Self

import numpy as np

from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure
from benchmarks.speed.suites.scene import FPS, compose
from smile_edge import FacePipeline
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink, Sink, UdpSink
from smile_edge.sinks.spec import SINKS
from smile_edge.sources import Source
from smile_edge.streaming.channel import Channel, Window, one_round
from smile_edge.types import Image

__all__ = ["AGE", "OUTPUTS", "LiveScene"]

SECONDS = {"none": 20.0, "drawing": 20.0, "sending": 60.0, "sleeping": 180.0}
"""The last is compared with none at all, and in a minute a p99 still changes by a tenth by itself."""
WARM_UP_FRAMES = 15
SLEEP_S = 0.2
COMPARED = ("p50_ms", "p99_ms")
NAME = "live scene"
OUTPUTS = {
    "none": "no output",
    "drawing": "a window's drawing",
    "sending": "its record by UDP, arrived",
    "sleeping": "an output that sleeps 200 ms",
}
_END = b"end"


class LiveScene(Source):
    """Frames in memory, paced like a camera."""

    def __init__(self, images: list[Image], frames: int) -> None:
        super().__init__(NAME, live=True, fps=FPS, length=frames)
        self._images = images

    def _frames(self) -> Generator[Frame]:
        start_s = time.monotonic()
        for index in range(self.length or 0):
            time.sleep(max(0.0, start_s + index / FPS - time.monotonic()))
            image = self._images[index % len(self._images)].copy()
            yield Frame(image, index, index / FPS, self.name, captured_s=time.monotonic())


class Drawing:
    """What a window does to a picture before it is shown."""

    closed, status, paused_s = False, "", 0.0

    def write(self, frame: Frame, result: FrameResult) -> None:
        from smile_edge.imaging.draw import draw_faces, draw_status

        draw_status(draw_faces(frame.image, result.faces), self.status)

    def hold(self, seconds: float | None) -> None:
        """There is nothing to look at."""


class Sleeping(Sink):
    """An output that is far too slow, until it is woken: then it takes everything at once."""

    def __init__(self) -> None:
        self.woken = Event()

    def write(self, frame: Frame, result: FrameResult) -> None:
        self.woken.wait(SLEEP_S)

    def close(self) -> None:
        """Nothing is held open."""


class Arrivals:
    """Datagrams that came to this machine, and when by `time.monotonic`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.seen: list[tuple[float, bytes]] = []
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(_END, self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while (datagram := self._socket.recv(65535)) != _END:
            self.seen.append((time.monotonic(), datagram))


def cases(plan: Plan) -> list[Case]:
    """The same live stream with each output."""
    return [Case(OUTPUTS[key], key, {"seconds": 2.0 if plan.quick else SECONDS[key]}, cores=None) for key in OUTPUTS]


def _follow(child: Child, window: Window | None = None) -> Row:
    channel = Channel(NAME, FPS, window)
    _run(child, lambda frame: channel)
    return _figures(channel)


def _sending(child: Child) -> Row:
    """From the capture of a frame to its record at the receiver."""
    channel, captured_s = Channel(NAME, FPS, None), dict[int, float]()

    def noted(frame: Frame) -> Channel:
        captured_s[frame.index] = frame.captured_s or 0.0
        return channel

    with Arrivals() as arrivals, BackgroundSink(UdpSink(arrivals.address), capacity=SINKS["udp"].capacity) as sink:
        channel.sinks = [sink]
        _run(child, noted)
        sink.flush()
    ages_ms = [1000 * (at_s - captured_s[json.loads(datagram)["frame"]]) for at_s, datagram in arrivals.seen]
    return {**_figures(channel, ages_ms), "lost": channel.count - len(ages_ms)}


def _sleeping(child: Child) -> Row:
    """Every other second goes without the output, which is awake then and holds nothing that waits."""
    beside, without, output = Channel(NAME, FPS, None), Channel(NAME, FPS, None), Sleeping()

    def channel(frame: Frame) -> Channel:
        if int(frame.time_s) % 2:
            output.woken.set()
            return without
        output.woken.clear()
        return beside

    with BackgroundSink(output) as sink:
        beside.sinks = [sink]
        _run(child, channel)
        output.woken.set()
    rest = _figures(without)
    return {**_figures(beside), **{f"without_{key}": rest[key] for key in COMPARED}}


def _run(child: Child, channel: Callable[[Frame], Channel]) -> None:
    """The stream, each of its frames by way of the channel that is named for it."""
    pipeline = FacePipeline(child.models())
    with LiveScene(compose("720p", 1).images, round(child.settings["seconds"] * FPS)) as source:
        for frame in source:
            one_round([channel(frame)], [(0, frame)], lambda frames: [pipeline.process(frame) for _, frame in frames])


def _figures(channel: Channel, ages_ms: list[float] | None = None) -> Row:
    """Of the ages at the results, or of others."""
    ages_ms = list(channel.latencies_ms) if ages_ms is None else ages_ms
    ages = np.asarray(ages_ms[min(WARM_UP_FRAMES, len(ages_ms) // 3) :])
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(ages, [50, 95, 99]))
    curve = [round(float(value), 3) for value in np.percentile(ages, np.arange(101))]
    details: dict[str, Any] = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "percentiles_ms": curve}
    left_out = sum(sink.left_out for sink in channel.sinks)
    return figure(p99, "ms", frames=len(ages), dropped=channel.dropped, left_out=left_out, **details)


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """What the slow output does to the age."""
    row = rows.get(OUTPUTS["sleeping"], {})
    for key in COMPARED:
        if row.get(f"without_{key}"):
            change = figure(row[key] / row[f"without_{key}"], "x", "lower")
            yield {"name": f"{key[:3]}, with an output that sleeps over without, the same run", **change}


AGE = Suite(
    "age",
    "How old a result is",
    cases,
    {
        "none": _follow,
        "drawing": lambda child: _follow(child, window=Drawing()),
        "sending": _sending,
        "sleeping": _sleeping,
    },
    derive=derive,
)
