"""All sources of a run from the first frame to the summary."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from smile_edge.cli.console import LiveLine, obtained_text, provider_text
from smile_edge.errors import SourceError
from smile_edge.streaming.channel import Channel, left_out_text, one_round

if TYPE_CHECKING:
    from smile_edge.records import Frame, FrameResult
    from smile_edge.runtime.report import ExecutionReport

__all__ = ["run_loop"]


def run_loop(
    channels: Sequence[Channel],
    rounds: "Iterable[list[tuple[int, Frame]]]",
    process: "Callable[[Sequence[tuple[int, Frame]]], list[FrameResult]]",
    reports: "Mapping[str, ExecutionReport]",
) -> None:
    """Runs until the sources end, a window closes or Ctrl-C; then sums up.

    Args:
        channels: of all sources.
        rounds: channel numbers and their frames.
        process: gives the results of a round, in order.
        reports: what the models run on.

    Raises:
        KeyboardInterrupt: it came before the first frame.
        SourceError: no source is left; where there were frames, they are summed up before.
    """
    line = LiveLine()
    try:
        for frames in rounds:
            one_round(channels, frames, process)
            if line.due():
                line.draw(_status(channels, reports))
            if any(channel.closed for channel in channels):
                break
    except KeyboardInterrupt:
        if not any(channel.count for channel in channels):
            raise
        _sum_up(line, channels, reports)
        return
    except SourceError:
        if any(channel.count for channel in channels):
            _sum_up(line, channels, reports)
        raise
    _sum_up(line, channels, reports)
    with suppress(KeyboardInterrupt):
        for channel in channels:
            channel.hold()


def _status(channels: Sequence[Channel], reports: "Mapping[str, ExecutionReport]") -> str:
    """The line that is redrawn while it runs."""
    provider = "+".join(dict.fromkeys(obtained_text(report) for report in reports.values()))
    if len(channels) == 1:
        return f"{channels[0].status()}  {provider}"
    return "  |  ".join([*(channel.short_status() for channel in channels), provider])


def _sum_up(line: LiveLine, channels: Sequence[Channel], reports: "Mapping[str, ExecutionReport]") -> None:
    """A line a source, once every output has written what it was given."""
    sinks = list(dict.fromkeys(sink for channel in channels for sink in channel.sinks))
    for sink in sinks:
        sink.flush()
    *first, last = (channel.summary() for channel in channels)
    for summary in first:
        line.finish(summary)
    line.finish(f"{last}{left_out_text(sinks)}, provider {provider_text(reports)}")
