"""Option types of the commands that follow sources: `webcam` and `serve`."""

from pathlib import Path
from typing import Annotated

import typer

from smile_edge.cli.options.config_file import read_config

__all__ = [
    "ConfigOption",
    "CsvOption",
    "DetectEveryOption",
    "FpsOption",
    "FramesOption",
    "JsonlOption",
    "MaxFacesOption",
    "MirrorOption",
    "ReconnectOption",
    "SourceOption",
    "SourcesArgument",
]


def _over_config(context: typer.Context, given: list[str] | None) -> list[str] | None:
    """Sources on the command line take the place of those of `--config`."""
    if given and context.default_map:
        context.default_map = {name: value for name, value in context.default_map.items() if name != "source"}
    return given


SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="Camera number, /dev/videoN, rtsp:// or http:// address, video, image, folder, glob, - (a video on"
        " standard input), or demo; several run at once.",
        show_default="camera 0",
        callback=_over_config,
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="One more source, after those that stand without a name; may be repeated.",
        show_default=False,
    ),
]


MaxFacesOption = Annotated[int, typer.Option("--max-faces", metavar="N", help="At most this many faces a frame.")]
DetectEveryOption = Annotated[
    int, typer.Option("--detect-every", metavar="N", help="Frames between two looks for new faces.")
]
MirrorOption = Annotated[bool, typer.Option("--mirror", help="Flip the picture left to right, as a mirror does.")]
FpsOption = Annotated[
    float,
    typer.Option("--fps", metavar="N", help="Pictures per second of a folder or glob: their times are index / N."),
]
ReconnectOption = Annotated[
    float,
    typer.Option(
        "--reconnect",
        metavar="SECONDS",
        help="Time for a camera or network stream that is lost to come back in; 0 gives it up at once.",
    ),
]
FramesOption = Annotated[
    int | None, typer.Option("--frames", metavar="N", help="Stop after this many frames a source.")
]
JsonlOption = Annotated[
    str | None, typer.Option("--jsonl", metavar="PATH", help="Write one JSON record a frame; - is stdout.")
]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="PATH", help="Write one CSV row a face.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Take options from a TOML file, by their names; the command line wins.",
        is_eager=True,
        callback=read_config,
    ),
]
