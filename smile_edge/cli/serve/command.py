"""`smile-edge serve`: any sources through the pipeline onto a page that any device opens, and to programs."""

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
    require_positive,
    what_to_hide,
)
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
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
from smile_edge.cli.serve.options import AllowHostOption, HostOption, MaxClientsOption, PictureOption, PortOption
from smile_edge.cli.serve.request import Page, Request
from smile_edge.cli.serve.run import run_serve
from smile_edge.cli.stream_request import Sources
from smile_edge.errors import UsageError

__all__ = ["serve_command"]

_WEBSOCKETS = 17
"""The first major version of the package that answers plain requests as they are made."""


def serve_command(
    inputs: SourcesArgument = None,
    source: SourceOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8420,
    picture: PictureOption = True,
    max_clients: MaxClientsOption = 32,
    allow_host: AllowHostOption = None,
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
    specs = tuple([*(inputs or ()), *(source or ())] or ["0"])
    files = {"jsonl": jsonl, "csv": csv}
    named = [(f"--{kind}", target) for kind, target in files.items()]
    check_outputs(named, files_of(specs), models=models, overwrite=overwrite)
    settings = {
        "models": models,
        "provider": provider,
        "max_faces": max_faces,
        "detect_every": detect_every,
        "smooth": strength_of(smooth, no_smooth),
        "threads": threads,
        "precision": precision,
        "hfov": hfov,
        **filters,
    }
    request = Request(
        Sources(specs, mirror, fps, reconnect, frames, max_pixels),
        settings,
        Page(host, port, tuple(allow_host or ()), max_clients, picture),
        hiding,
        files,
        overwrite,
    )
    if code := run_serve(request):
        raise typer.Exit(code)


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
