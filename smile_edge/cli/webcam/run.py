"""A run of `webcam` from its checks to its exit code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from smile_edge.cli.console import interruptible
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.live_loop import run_loop
from smile_edge.cli.options.hiding import hide_faces
from smile_edge.cli.webcam.outputs import check_targets, open_sinks
from smile_edge.cli.webcam.request import Request
from smile_edge.streaming.channel import Channel

if TYPE_CHECKING:
    from smile_edge.records import Frame, FrameResult
    from smile_edge.runtime.report import ExecutionReport
    from smile_edge.sources import Source

__all__ = ["run_webcam"]


class _Work(NamedTuple):
    """What `run_loop` is given beside the channels, and why sources were lost, by position."""

    rounds: "Iterable[list[tuple[int, Frame]]]"
    process: "Callable[[Sequence[tuple[int, Frame]]], list[FrameResult]]"
    reports: "Mapping[str, ExecutionReport]"
    errors: Mapping[int, Exception]


def run_webcam(request: Request) -> int:
    """Tracks the faces of the sources until these end.

    Returns:
        The exit code.

    Raises:
        SmileEdgeError: an output would destroy something or cannot be written, a source cannot be read, no source is
            left, or the models cannot be opened.
    """
    check_targets(request)
    with interruptible(), ClosingStack() as stack:
        sources = request.sources.open(stack)
        channels = _open_channels(stack, sources, request)
        prepared = _alone if len(sources) == 1 else _together
        work = prepared(stack, sources, channels, request)
        run_loop(channels, work.rounds, work.process, work.reports)
    return int(bool(work.errors))


def _open_channels(stack: ExitStack, sources: "Sequence[Source]", request: Request) -> list[Channel]:
    """The channel of each source, with its window where one is asked for, or neither refused nor needless."""
    from smile_edge.sinks import WindowSink
    from smile_edge.sinks.window import has_display
    from smile_edge.sources.mux import unique_names

    show, drawn = request.pictures.show, request.pictures.drawn
    wanted = has_display() and not request.outputs.targets if show is None else show
    channels = []
    for source, name in zip(sources, unique_names(sources), strict=True):
        window = stack.enter_context(WindowSink(f"smile-edge: {name}", draw=drawn)) if wanted else None
        # One file by itself is held back here; several are read no faster than they are shown.
        paced = len(sources) == 1 and not source.live
        length = min((count for count in (source.length, request.sources.frames) if count is not None), default=None)
        channel = Channel(name, source.fps, window, paced=paced, length=length, notes=source.notes)
        channels.append(channel)
    return channels


# Outputs come last in both: a model that cannot run must not empty the files of an earlier run.


def _alone(stack: ExitStack, sources: "Sequence[Source]", channels: Sequence[Channel], request: Request) -> _Work:
    """One source; where it is lost, that is raised."""
    from smile_edge.pipeline.face_pipeline import FacePipeline
    from smile_edge.sources.base import in_time

    pipeline = FacePipeline(**request.settings)
    hide_faces(channels, pipeline.models, request.pictures.hiding)
    open_sinks(stack, channels, request)
    (source,) = sources
    played = in_time(source) if request.outputs.sent and not source.live else source
    rounds = ([(0, frame)] for frame in islice(played, request.sources.frames))
    return _Work(rounds, lambda taken: [pipeline.process(frame) for _, frame in taken], pipeline.reports, {})


def _together(stack: ExitStack, sources: "Sequence[Source]", channels: Sequence[Channel], request: Request) -> _Work:
    """Several sources, which share each model call."""
    from smile_edge.pipeline.multi_stream import StreamGroup
    from smile_edge.sources import SourceMux

    group = StreamGroup(len(sources), **request.settings)
    hide_faces(channels, group.models, request.pictures.hiding)
    open_sinks(stack, channels, request)
    watched = bool(request.outputs.sent) or any(channel.window is not None for channel in channels)
    rounds = stack.enter_context(SourceMux(sources, frames=request.sources.frames, paced=watched))
    return _Work(rounds, group.process, group.reports, rounds.errors)
