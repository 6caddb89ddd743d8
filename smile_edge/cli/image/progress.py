"""Results written as they come: counted, shown, summed up."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from smile_edge.cli.console import LiveLine, provider_text
from smile_edge.cli.interrupts import INTERRUPTED, interrupts
from smile_edge.streaming.channel import readers_left_text
from smile_edge.streaming.statistics import clock_text

if TYPE_CHECKING:
    from smile_edge.batch.schedule import Pair
    from smile_edge.records import FrameResult
    from smile_edge.runtime.report import ExecutionReport
    from smile_edge.sinks import Sink
    from smile_edge.sinks.parquet.sink import ParquetSink

__all__ = ["Progress", "write_all", "write_tables"]

_BAR_WIDTH = 24


class Progress:
    """What is counted of a run."""

    def __init__(self, total: int | None) -> None:
        """Args:
        total: images to come; None where only the end will tell.
        """
        self._total = total
        self._started_s = time.monotonic()
        self.done = self.faces = self.failed = self.damaged = 0

    def add(self, result: "FrameResult") -> None:
        """Counts an image."""
        self.count(1, len(result.faces), int(result.error is not None), int(result.warning is not None))

    def count(self, images: int, faces: int, failed: int, damaged: int) -> None:
        """Counts several."""
        self.done, self.faces = self.done + images, self.faces + faces
        self.failed, self.damaged = self.failed + failed, self.damaged + damaged

    def bar(self) -> str:
        """The line while it runs."""
        wrong = f"  {self.failed} failed" if self.failed else ""
        if self._total is None:
            return f"{self.done} images  {self._rate:.1f} images/s{wrong}"
        filled = _BAR_WIDTH * self.done // self._total
        return (
            f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {self.done}/{self._total}  {self._rate:.1f} images/s  "
            f"{clock_text((self._total - self.done) / self._rate)} left{wrong}"
        )

    def summary(self) -> str:
        """The line at the end, as far as the images go."""
        of = "" if self._total is None else f" of {self._total}"
        damaged = f", {self.damaged} damaged" if self.damaged else ""
        return f"{self.done}{of} images, {self.faces} faces, {self.failed} failed{damaged}, {self._rate:.1f} images/s"

    @property
    def _rate(self) -> float:
        return self.done / max(time.monotonic() - self._started_s, 1e-9)


def write_all(
    results: "Iterable[Pair]", total: int | None, reports: "Mapping[str, ExecutionReport]", sinks: "Sequence[Sink]"
) -> int:
    """Writes the results, draws the progress and sums up; where all readers of the outputs have left it ends without a
    word.

    Args:
        results: of the images.
        total: see `Progress`.
        reports: what the models run on.
        sinks: where results go.

    Returns:
        The exit code.
    """
    progress = Progress(total)

    def write(pair: "Pair") -> None:
        for sink in sinks:
            sink.write(*pair)

    return _written(results, write, lambda pair: progress.add(pair[1]), progress, reports, sinks)


def write_tables(
    tables: Iterable[Any], total: int | None, reports: "Mapping[str, ExecutionReport]", sink: "ParquetSink"
) -> int:
    """The same of results that are tables of whole images; see `write_all`."""
    from smile_edge.sinks.parquet.counts import counts_of

    progress = Progress(total)
    return _written(
        tables, sink.write_table, lambda table: progress.count(*counts_of(table)), progress, reports, [sink]
    )


def _written(
    results: Iterable[Any],
    write: Callable[[Any], None],
    count: Callable[[Any], None],
    progress: Progress,
    reports: "Mapping[str, ExecutionReport]",
    sinks: "Sequence[Sink]",
) -> int:
    line, interrupted = LiveLine(), False
    try:
        for result in results:
            with interrupts.held_back():
                write(result)
            if all(sink.closed for sink in sinks):
                return 0
            count(result)
            if line.due():
                line.draw(progress.bar())
        if line.live:
            line.draw(f"{progress.summary()}; completes the outputs")
        for sink in sinks:
            sink.finish()
    except KeyboardInterrupt:
        interrupted = True
    notes = ["interrupted", *(note for sink in sinks for note in sink.notes())] if interrupted else []
    line.finish(
        f"{progress.summary()}{readers_left_text(sinks)}, provider {provider_text(reports)}"
        f"{''.join(f', {note}' for note in notes)}"
    )
    return INTERRUPTED if interrupted else int(progress.failed > 0)
