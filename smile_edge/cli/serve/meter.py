"""What the page is told of a run."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import smile_edge
from smile_edge.cli.console import obtained_text
from smile_edge.errors import one_line
from smile_edge.streaming.channel import Channel
from smile_edge.streaming.statistics import percentile

if TYPE_CHECKING:
    from smile_edge.records import Frame
    from smile_edge.runtime.report import ExecutionReport
    from smile_edge.server.status import RunStatus, SourceStatus, State

__all__ = ["RunMeter"]

_Round = list[tuple[int, "Frame"]]

_SILENT_S = 2.0
"""No camera needs that long for a frame."""


class RunMeter:
    """Reads the run for the page.

    Attributes:
        channels: of all sources.
        ended: the sources have given their last frame.
    """

    def __init__(
        self, channels: Sequence[Channel], reports: "Mapping[str, ExecutionReport]", errors: Mapping[int, Exception]
    ) -> None:
        """Args:
        channels: of all sources.
        reports: what the models run on.
        errors: why sources were lost, by position.
        """
        self.channels, self._reports, self._errors = channels, reports, errors
        self.ended = False

    def __call__(self) -> "RunStatus":
        from smile_edge.server.status import RunStatus

        provider = "+".join(dict.fromkeys(obtained_text(report) for report in self._reports.values()))
        sources = [self._source(position, channel) for position, channel in enumerate(self.channels)]
        return RunStatus(smile_edge.__version__, provider, sources)

    def watch(self, rounds: Iterable[_Round]) -> Iterator[_Round]:
        """The same rounds; notes when there are no more."""
        yield from rounds
        self.ended = True

    def _source(self, position: int, channel: Channel) -> "SourceStatus":
        from smile_edge.server.status import SourceStatus

        silent_s = time.monotonic() - channel.done_s
        error = self._errors.get(position)
        latencies_ms = list(channel.recent_ms)
        return SourceStatus(
            channel.name,
            self._state(channel, silent_s, lost=error is not None),
            None if error is None else one_line(error),
            silent_s,
            channel.count,
            channel.dropped,
            channel.faces,
            channel.fps() if silent_s < _longest_silence_s(channel) else 0.0,
            percentile(latencies_ms, 50),
            percentile(latencies_ms, 95),
        )

    def _state(self, channel: Channel, silent_s: float, *, lost: bool) -> "State":
        if lost:
            return "lost"
        if self.ended:
            return "ended"
        if not channel.count:
            return "starting"
        return "silent" if silent_s > _longest_silence_s(channel) else "live"


def _longest_silence_s(channel: Channel) -> float:
    """Silence after which a source counts as silent: two seconds, or three frames of one that is slower."""
    return max(_SILENT_S, 3 / channel.nominal_fps if channel.nominal_fps else 0.0)
