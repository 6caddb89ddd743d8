"""All sources of a run from the first frame to the summary."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from smile_edge.cli.console import LiveLine, obtained_text, provider_text
from smile_edge.cli.interrupts import interrupts
from smile_edge.errors import SourceError
from smile_edge.streaming.channel import Channel, left_out_text, one_round, readers_left_text

if TYPE_CHECKING:
    from smile_edge.records import Frame, FrameResult
    from smile_edge.runtime.report import ExecutionReport
    from smile_edge.sinks import BackgroundSink

__all__ = ["run_loop"]


def run_loop(
    channels: Sequence[Channel],
    rounds: "Iterable[list[tuple[int, Frame]]]",
    process: "Callable[[Sequence[tuple[int, Frame]]], list[FrameResult]]",
    reports: "Mapping[str, ExecutionReport]",
) -> None:
    """Runs until the sources end, a window closes or Ctrl-C; then sums up. Where all readers of its outputs have left
    and nobody watches, it ends without a word.

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
    for sink in _sinks(channels):
        interrupts.on_hurry(sink.hurry)
    try:
        for frames in rounds:
            one_round(channels, frames, process)
            if _unread(channels):
                return
            if line.due():
                line.draw(_status(channels, reports))
            if any(channel.closed for channel in channels):
                break
        for channel in channels:
            channel.finish()
    except KeyboardInterrupt:
        if not any(channel.count for channel in channels):
            raise
        for channel in channels:
            channel.finish()
        _sum_up(line, channels, reports)
        return
    except SourceError:
        if any(channel.count for channel in channels):
            for channel in channels:
                channel.finish()
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
    sinks, interrupts.exit_code = _sinks(channels), 0  # a stream that was ended is done
    with interrupts.closing():
        for sink in sinks:
            sink.flush()
        *first, last = (channel.summary() for channel in channels)
        for summary in first:
            line.finish(summary)
        lacking = left_out_text(sinks) + readers_left_text(sinks)
        line.finish(f"{last}{lacking}, provider {provider_text(reports)}")


def _sinks(channels: Sequence[Channel]) -> "list[BackgroundSink]":
    """Each output once, whoever shares it."""
    return list(dict.fromkeys(sink for channel in channels for sink in channel.sinks))


def _unread(channels: Sequence[Channel]) -> bool:
    """Whether nobody gets anything any more: there are outputs, their readers have left, and no window is open."""
    sinks = _sinks(channels)
    return bool(sinks) and all(sink.closed for sink in sinks) and all(channel.window is None for channel in channels)
