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
]

SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        help="Camera number, /dev/videoN, rtsp:// or http:// address, video, image, folder, glob, - (a video on"
        " standard input), or demo; repeat it to run several at once.",
        show_default="0",
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
