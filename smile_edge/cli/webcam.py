"""`smile-edge webcam`: any source, live or not, through the pipeline into any sinks."""

import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.console import (
    LiveLine,
    ModelsOption,
    ProviderOption,
    ThreadsOption,
    interruptible,
    percentile,
    provider_text,
    require_positive,
)

if TYPE_CHECKING:
    from smile_edge.pipeline import FacePipeline
    from smile_edge.records import Frame, FrameResult
    from smile_edge.sinks import Sink, WindowSink
    from smile_edge.sources import Source

__all__ = ["webcam_command"]

_SUMMED_UP = 100_000
"""Latest frames that the summary's latencies are taken from: a stream may run for days."""


def webcam_command(
    source: Annotated[
        str,
        typer.Option(
            help="Camera number, /dev/videoN, rtsp:// or http:// address, video, image, folder, glob, or demo."
        ),
    ] = "0",
    max_faces: Annotated[int, typer.Option(metavar="N", help="At most this many faces a frame.")] = 8,
    provider: ProviderOption = "auto",
    show: Annotated[
        bool | None,
        typer.Option(
            "--show/--no-show",
            help="Show a window; without either, one opens if nothing is written and a display exists.",
        ),
    ] = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write one JSON record a frame; - is stdout.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="Write one CSV row a face.")] = None,
    video: Annotated[Path | None, typer.Option(metavar="PATH", help="Write the annotated video.")] = None,
    contact_sheet: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a PNG with twelve annotated frames of the run.")
    ] = None,
    detect_every: Annotated[int, typer.Option(metavar="N", help="Frames between two looks for new faces.")] = 10,
    smooth: Annotated[bool, typer.Option("--smooth/--no-smooth", help="Filter jitter (One-Euro).")] = True,
    mirror: Annotated[bool, typer.Option("--mirror", help="Flip the picture left to right, as a mirror does.")] = False,
    frames: Annotated[int | None, typer.Option(metavar="N", help="Stop after this many frames.")] = None,
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
) -> None:
    """Track faces in a camera, video or demo.

    On live sources the newest frame wins; of files every frame is processed. Ctrl-C ends it with complete files.
    """
    require_positive(max_faces=max_faces, detect_every=detect_every, frames=frames, threads=threads)
    from smile_edge.pipeline import FacePipeline
    from smile_edge.sources import open_source

    with interruptible(), ExitStack() as stack:
        opened = stack.enter_context(open_source(source, mirror=mirror))
        anything = any(output is not None for output in (jsonl, csv, video, contact_sheet))
        window = _open_window(stack, show, anything, opened.name)
        # Outputs come last: a model that cannot run must not empty the files of an earlier run.
        pipeline = FacePipeline(models, provider, max_faces, detect_every, smooth, threads)
        sinks = _open_sinks(stack, opened, jsonl, csv, video, contact_sheet)
        _Run(pipeline, opened, sinks, window).loop(frames)


def _open_window(stack: ExitStack, show: bool | None, writes_files: bool, title: str) -> "WindowSink | None":
    """The window, or None: where it was refused, or not asked for and either not needed or not possible."""
    from smile_edge.sinks import WindowSink
    from smile_edge.sinks.window import has_display

    wanted = has_display() and not writes_files if show is None else show
    return stack.enter_context(WindowSink(f"smile-edge: {title}")) if wanted else None


def _open_sinks(
    stack: ExitStack,
    source: "Source",
    jsonl: str | None,
    csv: Path | None,
    video: Path | None,
    contact_sheet: Path | None,
) -> "list[Sink]":
    from smile_edge.cli.contact_sheet import ContactSheet
    from smile_edge.sinks import CsvSink, JsonlSink, VideoSink

    sinks: list[Sink] = []
    if jsonl is not None:
        sinks.append(stack.enter_context(JsonlSink(jsonl)))
    if csv is not None:
        sinks.append(stack.enter_context(CsvSink(csv)))
    if video is not None:
        sinks.append(stack.enter_context(VideoSink(video, source.fps or 30.0)))
    if contact_sheet is not None:
        sinks.append(stack.enter_context(ContactSheet(contact_sheet)))
    return sinks


class _Run:
    """One stream from its first frame to the summary."""

    def __init__(
        self, pipeline: "FacePipeline", source: "Source", sinks: "list[Sink]", window: "WindowSink | None"
    ) -> None:
        self.pipeline, self.source, self.sinks, self.window = pipeline, source, sinks, window
        self.line = LiveLine()
        self.count = self.dropped = self.faces = 0
        self.latencies_ms: deque[float] = deque(maxlen=_SUMMED_UP)
        self.recent_ms: deque[float] = deque(maxlen=300)
        self.recent_s: deque[float] = deque(maxlen=60)
        self.started_s = time.monotonic()

    def loop(self, limit: int | None) -> None:
        """Runs until the source ends, `limit` frames are done, the window closes or Ctrl-C; then sums up."""
        try:
            for frame in self.source:
                self._one(frame)
                if self.count == limit or (self.window is not None and self.window.closed):
                    break
        except KeyboardInterrupt:
            if not self.count:
                raise
        self.line.finish(self.summary())

    def _one(self, frame: "Frame") -> None:
        begin_s = time.monotonic()
        if not self.count:
            self.started_s = begin_s
        result = self.pipeline.process(frame)
        now_s = time.monotonic()
        self._account(result, (now_s - begin_s) * 1000, now_s)
        for sink in self.sinks:
            sink.write(frame, result)
        if self.window is not None:
            self._pace(frame)
            self.window.status = self.rates()
            self.window.write(frame, result)
        if self.line.due():
            self.line.draw(self.status())

    def _account(self, result: "FrameResult", took_ms: float, now_s: float) -> None:
        self.count += 1
        self.dropped, self.faces = result.dropped, len(result.faces)
        latency_ms = took_ms if result.age_ms is None else result.age_ms
        self.latencies_ms.append(latency_ms)
        self.recent_ms.append(latency_ms)
        self.recent_s.append(now_s)

    def _pace(self, frame: "Frame") -> None:
        """Somebody watches: a file is shown no faster than it was taken."""
        if not self.source.live:
            time.sleep(max(0.0, min(self.started_s + frame.time_s - time.monotonic(), 1.0)))

    def status(self) -> str:
        """The line that is redrawn while it runs."""
        provider = "+".join(dict.fromkeys(report.obtained for report in self.pipeline.reports.values()))
        return f"{self.source.name}  frame {self.count}  {self.faces} faces  {self.rates()}  {provider}"

    def rates(self) -> str:
        """Speed over the last frames."""
        span_s = self.recent_s[-1] - self.recent_s[0]
        fps = (len(self.recent_s) - 1) / span_s if span_s > 0 else 0.0
        p50_ms, p95_ms = (percentile(self.recent_ms, percent) for percent in (50, 95))
        return f"{fps:.1f} fps  latency p50 {p50_ms:.1f} ms p95 {p95_ms:.1f} ms  {self.dropped} dropped"

    def summary(self) -> str:
        """The line that stays."""
        elapsed_s = max(time.monotonic() - self.started_s, 1e-9)
        return (
            f"{self.source.name}: {self.count} frames, {self.count / elapsed_s:.1f} fps, latency p50 "
            f"{percentile(self.latencies_ms, 50):.1f} ms p95 {percentile(self.latencies_ms, 95):.1f} ms, "
            f"{self.dropped} dropped, provider {provider_text(self.pipeline.reports)}"
        )
