"""A run of `serve` from the open port to its exit code."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from threading import Event
from typing import TYPE_CHECKING

from smile_edge.cli.console import interruptible
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.live_loop import run_loop
from smile_edge.cli.options.hiding import hide_faces
from smile_edge.cli.serve.meter import RunMeter
from smile_edge.cli.serve.request import Page, Request
from smile_edge.cli.standard_streams import say
from smile_edge.streaming.channel import Channel

if TYPE_CHECKING:
    import socket

    from smile_edge.server.guard import Guard
    from smile_edge.server.live_server import LiveServer
    from smile_edge.sinks import Sink
    from smile_edge.sources import Source

__all__ = ["run_serve"]


def run_serve(request: Request) -> int:
    """Shows the sources until these end, and the last frame of files until Ctrl-C.

    Returns:
        The exit code.

    Raises:
        SmileEdgeError: the port or the models cannot be opened, a source cannot be read, a file cannot be written, or
            no source is left.
    """
    from smile_edge.pipeline.multi_stream import StreamGroup
    from smile_edge.sources import SourceMux

    frames = request.sources.frames
    with interruptible(), ClosingStack() as stack:
        sockets, guard = _listen(stack, request.page)
        sources = request.sources.open(stack)
        group = StreamGroup(len(sources), **request.settings)
        rounds = SourceMux(sources, frames=frames, paced=True)
        meter = RunMeter(_channels(sources), group.reports, rounds.errors)
        hide_faces(meter.channels, group.models, request.hiding)
        server = _open_server(stack, sockets, guard, meter, request.page)
        _open_files(stack, meter.channels, request)
        stack.enter_context(rounds)
        _print_links(request.page.host, sockets, guard)
        run_loop(meter.channels, meter.watch(rounds), group.process, group.reports)
        if meter.ended and frames is None:
            _hold()
        server.close("The server was stopped.")
    return int(bool(rounds.errors))


def _listen(stack: ExitStack, page: Page) -> "tuple[list[socket.socket], Guard]":
    """The open port, and who may ask there: beyond this machine, who shows the token."""
    from smile_edge.server.addresses import is_loopback, listen, own_names
    from smile_edge.server.guard import Guard
    from smile_edge.server.token import AccessToken

    token = AccessToken.from_environment()
    sockets = listen(page.host, page.port)
    for one in sockets:
        stack.callback(one.close)
    beyond = not is_loopback(sockets)
    if beyond and token is None:
        token = AccessToken.make()
    known = {*page.names, *(own_names(page.host) if beyond else {page.host})}
    return sockets, Guard(port=sockets[0].getsockname()[1], token=token, names=known, beyond_loopback=beyond)


def _channels(sources: "Sequence[Source]") -> list[Channel]:
    from smile_edge.sources.mux import unique_names

    pairs = zip(unique_names(sources), sources, strict=True)
    return [Channel(name, source.fps, None, notes=source.notes) for name, source in pairs]


def _open_server(
    stack: ExitStack, sockets: "Sequence[socket.socket]", guard: "Guard", meter: RunMeter, page: Page
) -> "LiveServer":
    """The server, and the output of all channels that leads to it."""
    from smile_edge.server.hub import Hub
    from smile_edge.server.live_server import LiveServer
    from smile_edge.server.page_sink import PageSink
    from smile_edge.server.pictures import PictureEncoder

    hub = Hub([channel.name for channel in meter.channels], PictureEncoder() if page.picture else None)
    server = stack.enter_context(LiveServer(hub, sockets, guard, meter, max_clients=page.max_clients))
    _share(stack, meter.channels, PageSink(hub))
    return server


def _open_files(stack: ExitStack, channels: Sequence[Channel], request: Request) -> None:
    """The files that are written beside the page."""
    from smile_edge.cli.output_sinks import open_file

    for kind, target in request.files.items():
        if target is not None:
            _share(stack, channels, open_file(kind, target, overwrite=request.overwrite, alone=False))


def _share(stack: ExitStack, channels: Sequence[Channel], sink: "Sink") -> None:
    """One output of all channels, in a thread of its own."""
    from smile_edge.sinks import BackgroundSink

    shared = stack.enter_context(BackgroundSink(sink))
    for channel in channels:
        channel.sinks.append(shared)


def _hold() -> None:
    """Leaves the last frame on the page."""
    say("the page shows the last frame until Ctrl-C")
    with suppress(KeyboardInterrupt):
        Event().wait()


def _print_links(host: str, sockets: "Sequence[socket.socket]", guard: "Guard") -> None:
    """Where the page is; the only place that the token is ever shown at."""
    from smile_edge.server.addresses import links

    for link in links(host, sockets, None if guard.token is None else guard.token.value):
        say(f"open {link}")
