"""`smile-edge serve`: any sources through the pipeline onto a page that any device opens, and to programs."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.console import (
    HfovOption,
    HideMinScoreOption,
    HideOption,
    MaxPixelsOption,
    ModelsOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    interruptible,
    require_positive,
    what_to_hide,
)
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.live_loop import run_loop
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
from smile_edge.cli.options.hiding import hide_faces
from smile_edge.cli.options.smoothing import NoSmoothOption, SmoothOption, strength_of
from smile_edge.cli.options.stream import (
    ConfigOption,
    CsvOption,
    DetectEveryOption,
    FpsOption,
    FramesOption,
    JsonlOption,
    MaxFacesOption,
    MirrorOption,
    ReconnectOption,
    SourceOption,
    SourcesArgument,
)
from smile_edge.cli.output_paths import check_outputs, files_of
from smile_edge.cli.serve.meter import RunMeter
from smile_edge.cli.standard_streams import say
from smile_edge.errors import UsageError
from smile_edge.streaming.channel import Channel

if TYPE_CHECKING:
    import socket

    from smile_edge.server.guard import Guard
    from smile_edge.server.live_server import LiveServer
    from smile_edge.sinks import Sink
    from smile_edge.sources import Source

__all__ = ["serve_command"]

_WEBSOCKETS = 17
"""The first major version of the package that answers plain requests as they are made."""


def serve_command(
    inputs: SourcesArgument = None,
    source: SourceOption = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="Listen on this address; 0.0.0.0 is all of them, and needs a token then."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Listen on this port; 0 takes one that is free.")
    ] = 8420,
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Send the pictures, or only what was found on them.")
    ] = True,
    max_clients: Annotated[
        int, typer.Option("--max-clients", metavar="N", help="Most viewers and programs at a time.")
    ] = 32,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Answer to this name, too; repeat it for several."),
    ] = None,
    max_faces: MaxFacesOption = 8,
    min_score: MinScoreOption = None,
    min_size: MinSizeOption = None,
    roi: RoiOption = None,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    jsonl: JsonlOption = None,
    csv: CsvOption = None,
    detect_every: DetectEveryOption = 10,
    smooth: SmoothOption = None,
    no_smooth: NoSmoothOption = False,
    mirror: MirrorOption = False,
    hide: HideOption = None,
    hide_min_score: HideMinScoreOption = None,
    fps: FpsOption = 1.0,
    reconnect: ReconnectOption = 30.0,
    hfov: HfovOption = None,
    frames: FramesOption = None,
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
    overwrite: OverwriteOption = False,
    max_pixels: MaxPixelsOption = None,
    config: ConfigOption = None,
) -> None:
    """Show sources on a page that any device opens, and hand records to programs.

    Beyond this machine (--host 0.0.0.0) a token is needed: that of SMILE_EDGE_TOKEN, else one is made. The link that is
    printed has it, and a browser that opens the link once may come back.

    With --hide no viewer gets a picture in which a head is seen: it is hidden before the picture is encoded.

    Programs read /ws (a record a frame), /api/latest, /metrics (for Prometheus) and /healthz. When files have ended,
    the last frame stays on the page until Ctrl-C.
    """
    counts = {"max_faces": max_faces, "detect_every": detect_every, "frames": frames, "threads": threads}
    require_positive(**counts, max_clients=max_clients, max_pixels=max_pixels)
    hiding = what_to_hide(hide, hide_min_score)
    filters = filters_of(min_score, min_size, roi)
    _require_server()
    from smile_edge.imaging.limits import set_max_pixels
    from smile_edge.pipeline.multi_stream import StreamGroup
    from smile_edge.sources import SourceMux, open_source

    if max_pixels is not None:
        set_max_pixels(max_pixels)
    specs = [*(inputs or ()), *(source or ())] or ["0"]
    files = {"--jsonl": jsonl, "--csv": csv}
    check_outputs(files.items(), files_of(specs), models=models, overwrite=overwrite)
    settings = (models, provider, max_faces, detect_every, strength_of(smooth, no_smooth), threads, precision)
    with interruptible(), ClosingStack() as stack:
        sockets, guard = _listen(stack, host, port, allow_host or [])
        sources = [
            stack.enter_context(open_source(spec, mirror=mirror, fps=fps, reconnect_s=reconnect)) for spec in specs
        ]
        group = StreamGroup(len(sources), *settings, hfov=hfov, **filters)
        rounds = SourceMux(sources, frames=frames, paced=True)
        meter = RunMeter(_channels(sources), group.reports, rounds.errors)
        hide_faces(meter.channels, group.models, hiding)
        server = _open_server(stack, sockets, guard, meter, picture=picture, max_clients=max_clients)
        _open_files(stack, meter.channels, {"jsonl": jsonl, "csv": csv}, overwrite)
        stack.enter_context(rounds)
        _print_links(host, sockets, guard)
        run_loop(meter.channels, meter.watch(rounds), group.process, group.reports)
        if meter.ended and frames is None:
            _hold()
        server.close("The server was stopped.")
    if rounds.errors:
        raise typer.Exit(1)


def _require_server() -> None:
    """Holds that the extra `live` is there.

    Raises:
        UsageError: it is not.
    """
    from importlib import metadata

    try:
        found = metadata.version("websockets")
    except metadata.PackageNotFoundError:
        found = None
    if found is None or int(found.split(".")[0]) < _WEBSOCKETS:
        lacks = "none is installed" if found is None else f"{found} is installed"
        raise UsageError(
            f"smile-edge serve needs websockets {_WEBSOCKETS} or newer, and {lacks}:"
            f" pip install 'websockets>={_WEBSOCKETS}' (the extra `live` brings it: pip install 'smile-edge[live]')"
        )


def _listen(stack: ExitStack, host: str, port: int, names: Sequence[str]) -> "tuple[list[socket.socket], Guard]":
    """The open port, and who may ask there: beyond this machine, who shows the token."""
    from smile_edge.server.addresses import is_loopback, listen, own_names
    from smile_edge.server.guard import Guard
    from smile_edge.server.token import AccessToken

    token = AccessToken.from_environment()
    sockets = listen(host, port)
    for one in sockets:
        stack.callback(one.close)
    beyond = not is_loopback(sockets)
    if beyond and token is None:
        token = AccessToken.make()
    known = {*names, *(own_names(host) if beyond else {host})}
    return sockets, Guard(port=sockets[0].getsockname()[1], token=token, names=known, beyond_loopback=beyond)


def _channels(sources: "Sequence[Source]") -> list[Channel]:
    from smile_edge.sources.mux import unique_names

    pairs = zip(unique_names(sources), sources, strict=True)
    return [Channel(name, source.fps, None, notes=source.notes) for name, source in pairs]


def _open_server(
    stack: ExitStack,
    sockets: "Sequence[socket.socket]",
    guard: "Guard",
    meter: RunMeter,
    *,
    picture: bool,
    max_clients: int,
) -> "LiveServer":
    """The server, and the output of all channels that leads to it."""
    from smile_edge.server.hub import Hub
    from smile_edge.server.live_server import LiveServer
    from smile_edge.server.page_sink import PageSink
    from smile_edge.server.pictures import PictureEncoder

    hub = Hub([channel.name for channel in meter.channels], PictureEncoder() if picture else None)
    server = stack.enter_context(LiveServer(hub, sockets, guard, meter, max_clients=max_clients))
    _share(stack, meter.channels, PageSink(hub))
    return server


def _open_files(
    stack: ExitStack, channels: Sequence[Channel], outputs: Mapping[str, str | Path | None], overwrite: bool
) -> None:
    """The files that are written beside the page."""
    from smile_edge.cli.output_sinks import open_file

    for kind, target in outputs.items():
        if target is not None:
            _share(stack, channels, open_file(kind, target, overwrite=overwrite, alone=False))


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
