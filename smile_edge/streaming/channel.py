"""One source of a run: what is counted of it, and where its frames and results go."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from smile_edge.streaming.statistics import clock_text, percentile

if TYPE_CHECKING:
    from smile_edge.records import Frame, FrameResult
    from smile_edge.sinks import BackgroundSink, Sink

    Pair = tuple[Frame, FrameResult]

__all__ = ["Channel", "Window", "left_out_text", "one_round", "readers_left_text"]

_SUMMED_UP = 100_000
"""Latest frames that the summary's latencies are taken from: a stream may run for days."""

_NAME_LENGTH = 20
"""Characters of a name in the line that is redrawn; a path shows its end."""


class Window(Protocol):
    """What a channel needs of `sinks.WindowSink`."""

    closed: bool
    status: str
    paused_s: float

    def write(self, frame: "Frame", result: "FrameResult") -> None:
        """Shows them."""

    def hold(self, seconds: float | None) -> None:
        """Goes on showing the last one."""


class Hider(Protocol):
    """What a channel needs of `pipeline.FaceHider`."""

    def push(self, frame: "Frame", result: "FrameResult") -> "list[Pair]":
        """Takes a frame; gives those, hidden, of which all heads are known by now."""

    def flush(self) -> "list[Pair]":
        """Gives the rest."""


class Channel:
    """A source's counts, outputs and window."""

    def __init__(
        self,
        name: str,
        nominal_fps: float | None,
        window: Window | None,
        *,
        paced: bool = False,
        length: int | None = None,
        notes: Callable[[], Sequence[str]] = tuple,
        hider: Hider | None = None,
    ) -> None:
        """Args:
        name: as it appears in the records.
        nominal_fps: frames per second where the source knows.
        window: shows the frames.
        paced: frames are shown no faster than they were taken.
        length: frames that will come, where that is known.
        notes: what the summary says of the source, asked for at the end.
        hider: hides faces; whatever takes pictures gets those that have passed it, and no others.
        """
        self._notes = notes
        self.name, self.nominal_fps, self.window, self.paced, self.length = name, nominal_fps, window, paced, length
        self.hider = hider
        self.sinks: list[BackgroundSink] = []
        self._ready: list[Pair] = []
        self.count = self.dropped = self.faces = 0
        self.latencies_ms: deque[float] = deque(maxlen=_SUMMED_UP)
        self.recent_ms: deque[float] = deque(maxlen=300)
        self.recent_s: deque[float] = deque(maxlen=60)
        self.started_s = self.done_s = time.monotonic()

    @property
    def closed(self) -> bool:
        """Whether the user has closed the window."""
        return self.window is not None and self.window.closed

    def account(self, result: "FrameResult", begin_s: float, now_s: float) -> None:
        """Counts a result that was begun and done at these times of `time.monotonic`."""
        if not self.count:
            self.started_s = begin_s
        self.count += 1
        self.dropped, self.faces = result.dropped or 0, len(result.faces)
        latency_ms = (now_s - begin_s) * 1000 if result.age_ms is None else result.age_ms
        self.latencies_ms.append(latency_ms)
        self.recent_ms.append(latency_ms)
        self.recent_s.append(now_s)

    def write(self, frame: "Frame", result: "FrameResult") -> None:
        """Hands frame and result to every output, which writes them in its own time.

        Where faces are hidden, outputs without pictures get the record at once, the others when its heads are known.
        """
        if self.hider is None:
            self._hand_over([(frame, result)], self.sinks)
        else:
            plain = replace(frame, image=frame.image[:0, :0])  # whatever an output does with it, no face gets out
            self._hand_over([(plain, result)], [sink for sink in self.sinks if not sink.needs_image])
            takers = [sink for sink in self.sinks if sink.needs_image]
            if takers or self.window is not None:
                self._hand_over(self.hider.push(frame, result), takers)

    def finish(self) -> None:
        """Hands over and shows what the hider still holds: the source has ended."""
        if self.hider is not None:
            self._hand_over(self.hider.flush(), [sink for sink in self.sinks if sink.needs_image])
            self.show()

    def show(self) -> None:
        """Shows what was handed over last, where there is a window."""
        if self.window is None:
            return
        for frame, result in self._ready:
            if self.paced:
                time.sleep(max(0.0, min(self.started_s + frame.time_s - time.monotonic(), 1.0)))
            paused_s = self.window.paused_s
            self.window.status = self.rates()
            self.window.write(frame, result)
            self.started_s += self.window.paused_s - paused_s  # a pause is no part of the run

    def _hand_over(self, pairs: "list[Pair]", sinks: "Sequence[BackgroundSink]") -> None:
        for frame, result in pairs:
            for sink in sinks:
                sink.write(frame, result)
        self._ready = pairs
        self.done_s = time.monotonic()

    def hold(self) -> None:
        """Leaves the last picture of a source that has ended in its window: a single one until the user closes it."""
        if self.window is not None and self.paced and self.count:
            self.window.hold(None if self.count == 1 else 1 / (self.nominal_fps or 30.0))

    def status(self) -> str:
        """Where the run is."""
        progress = f"frame {self.count}"
        if (left_s := self.left_s()) is not None:
            progress += f" of {self.length}  {clock_text(left_s)} left"
        return f"{self._short_name()}  {progress}  {self.faces} faces  {self.rates()}"

    def short_status(self) -> str:
        """The same beside other sources."""
        left_s = self.left_s()
        progress = "" if left_s is None else f"{self.count}/{self.length} {clock_text(left_s)} left "
        return f"{self._short_name()} {progress}{self.fps():.1f} fps {self.faces} faces"

    def _short_name(self) -> str:
        return self.name if len(self.name) <= _NAME_LENGTH else f"…{self.name[1 - _NAME_LENGTH :]}"

    def left_s(self) -> float | None:
        """Seconds to the last frame at the speed so far; None where their number is not known, or was too low."""
        if self.length is None or not 0 < self.count <= self.length:
            return None
        return (self.done_s - self.started_s) / self.count * (self.length - self.count)

    def fps(self) -> float:
        """Frames per second over the last ones."""
        span_s = self.recent_s[-1] - self.recent_s[0] if self.recent_s else 0.0
        return (len(self.recent_s) - 1) / span_s if span_s > 0 else 0.0

    def rates(self) -> str:
        """Speed over the last frames."""
        p50_ms, p95_ms = (percentile(self.recent_ms, percent) for percent in (50, 95))
        return f"{self.fps():.1f} fps  latency p50 {p50_ms:.1f} ms p95 {p95_ms:.1f} ms  {self.dropped} dropped"

    def summary(self) -> str:
        """What stays when the run is over."""
        elapsed_s = max(self.done_s - self.started_s, 1e-9)
        return (
            f"{self.name}: {self.count} frames, {self.count / elapsed_s:.1f} fps, latency p50 "
            f"{percentile(self.latencies_ms, 50):.1f} ms p95 {percentile(self.latencies_ms, 95):.1f} ms, "
            + ", ".join([f"{self.dropped} dropped", *self._notes()])
        )


def one_round(
    channels: Sequence[Channel],
    frames: "Sequence[tuple[int, Frame]]",
    process: "Callable[[Sequence[tuple[int, Frame]]], list[FrameResult]]",
) -> None:
    """From frames to outputs and windows.

    Args:
        channels: of all sources.
        frames: channel numbers and their frames.
        process: gives their results, in order.
    """
    begin_s = time.monotonic()
    results = process(frames)
    now_s = time.monotonic()
    for (number, frame), result in zip(frames, results, strict=True):
        channels[number].account(result, begin_s, now_s)
        channels[number].write(frame, result)
    for number, _ in frames:
        channels[number].show()


def left_out_text(sinks: "Iterable[BackgroundSink]") -> str:
    """What outputs lack, e.g. `, out.mp4 left out 12 records`, and what else they have to say; empty where nothing."""
    return "".join(f", {text}" for sink in sinks for text in (*_left_out(sink), *sink.notes()))


def _left_out(sink: "BackgroundSink") -> Iterator[str]:
    """What a slow output of a live source lacks."""
    if sink.left_out:
        yield f"{sink.name} left out {sink.left_out} record{'s' if sink.left_out > 1 else ''}"


def readers_left_text(sinks: "Iterable[Sink]") -> str:
    """The outputs that nobody reads any more, e.g. `, the reader of out.fifo left`; empty where all are read."""
    return "".join(f", the reader of {sink.name} left" for sink in sinks if sink.closed)
