"""`serve`: what clients of the server do to the age of a result, live at 30 frames a second, 720p.

The server, its sink and the loop are those of `smile-edge serve`. A hundred clients, half of which never read, come and
go within one process: two processes differ by more than they may change.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure
from benchmarks.speed.suites.age import LiveScene
from benchmarks.speed.suites.memory import resident_mb
from benchmarks.speed.suites.scene import FPS, compose
from smile_edge import FacePipeline
from smile_edge.sinks import BackgroundSink
from smile_edge.streaming.channel import Channel, one_round

if TYPE_CHECKING:
    from smile_edge.server.hub import Hub

__all__ = ["SERVE"]

READING, STUCK = 50, 50
ROUNDS, ROUND_S = 6, 10.0
"""A round has as many seconds without clients as with them."""
SETTLE_S = 1.0
"""Left out of both: connections are opened and closed."""
NAME = f"{READING + STUCK} clients, half of them stuck"


def cases(plan: Plan) -> list[Case]:
    """One long run."""
    rounds, round_s = (1, 5.0) if plan.quick else (ROUNDS, ROUND_S)
    return [Case(NAME, "crowd", {"rounds": rounds, "round_s": round_s}, cores=None)]


class Crowd:
    """The clients, in a process of their own."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.suites.serve_clients", *map(str, (port, READING, STUCK))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.received = 0
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def toggle(self) -> None:
        """Lets them come or go, without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Ends them; counts what they have read."""
        out, _ = self._process.communicate(timeout=30)
        self.received = sum(map(int, out.split()))
        if self._process.returncode:
            raise SystemExit("the clients did not stay to the end")


class Readings:
    """Ages of the results and memory of this process, while the clients are there and while they are not."""

    def __init__(self) -> None:
        self.ages_ms: dict[bool, list[float]] = {True: [], False: []}
        self.resident_mb: dict[bool, list[float]] = {True: [], False: []}

    def take(self, there: bool, age_ms: float) -> None:
        """One result; the memory once a second."""
        if not len(self.ages_ms[there]) % round(FPS):
            self.resident_mb[there].append(round(resident_mb(), 1))
        self.ages_ms[there].append(age_ms)


def crowd(child: Child) -> Row:
    """A live stream that is served, round after round without clients and with them."""
    from smile_edge.server.hub import Hub
    from smile_edge.server.page_sink import PageSink
    from smile_edge.server.pictures import PictureEncoder

    round_s, rounds = child.settings["round_s"], child.settings["rounds"]
    pipeline, hub, readings, there = FacePipeline(child.models()), Hub([NAME], PictureEncoder()), Readings(), False
    channel = Channel(NAME, FPS, None)
    images = compose("720p", 1).images
    with _serving(hub) as port, BackgroundSink(PageSink(hub)) as sink:
        channel.sinks.append(sink)
        clients = Crowd(port)
        with LiveScene(images, round(2 * round_s * rounds * FPS)) as source:
            for frame in source:
                if there is not (int(frame.time_s / round_s) % 2 == 1):
                    there = not there
                    clients.toggle()
                one_round([channel], [(0, frame)], lambda frames: [pipeline.process(frame) for _, frame in frames])
                settled = frame.time_s % round_s >= SETTLE_S
                if settled and len(hub.clients) == (READING + STUCK if there else 0):
                    readings.take(there, channel.latencies_ms[-1])
        if there:
            clients.toggle()
        clients.close()
    return _row(readings, dropped=channel.dropped, received_mb=clients.received / 1e6, hub=hub)


@contextmanager
def _serving(hub: "Hub") -> Iterator[int]:
    """The server of a hub; gives its port."""
    from smile_edge.server.addresses import listen
    from smile_edge.server.guard import Guard
    from smile_edge.server.live_server import LiveServer
    from smile_edge.server.status import RunStatus, SourceStatus

    sockets = listen("127.0.0.1", 0)
    port: int = sockets[0].getsockname()[1]
    status = RunStatus("", "", [SourceStatus(NAME, "live", frames=1)])
    guard = Guard(port=port, token=None)
    with LiveServer(hub, sockets, guard, lambda: status, max_clients=READING + STUCK):
        yield port


def _row(readings: Readings, *, dropped: int, received_mb: float, hub: "Hub") -> Row:
    if not all(readings.ages_ms.values()):
        raise SystemExit("the clients did not come, or did not go, while a round lasted: the machine is too busy")
    ages, before = _percentiles(readings.ages_ms[True]), _percentiles(readings.ages_ms[False])
    resident = readings.resident_mb[True]
    return figure(
        ages["p99_ms"],
        "ms",
        frames=len(readings.ages_ms[True]),
        dropped=dropped,
        **ages,
        **{f"without_{key}": value for key, value in before.items()},
        received_mb=round(received_mb, 1),
        sent=hub.sent,
        skipped=hub.skipped,
        peak_mb=max(resident),
        before_mb=readings.resident_mb[False][0],
        resident_mb=resident,
    )


def _percentiles(ages_ms: Sequence[float]) -> dict[str, Any]:
    curve = [round(float(value), 3) for value in np.percentile(ages_ms, np.arange(101))]
    return {"p50_ms": curve[50], "p95_ms": curve[95], "p99_ms": curve[99], "percentiles_ms": curve}


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """What the clients add to the age, and to the memory."""
    row = rows.get(NAME, {})
    for key in ("p50_ms", "p99_ms"):
        if row.get(f"without_{key}"):
            added = figure(row[key] - row[f"without_{key}"], "ms", noise=0.2)
            yield {"name": f"{key[:3]}, with clients less without, the same run", **added}
    if row.get("peak_mb"):
        yield {"name": "memory, with clients less before", **figure(row["peak_mb"] - row["before_mb"], "MB")}


SERVE = Suite("serve", "Clients of the server", cases, {"crowd": crowd}, derive=derive)
