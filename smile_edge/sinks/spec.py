"""From the name of an output to its sink. A new sink: a file in this folder, a row here, an option of the command."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from smile_edge.errors import UsageError
from smile_edge.sinks.base import Sink

__all__ = ["SINKS", "SinkKind", "open_sink"]


@dataclass(frozen=True, slots=True)
class SinkKind:
    """Where a sink's class is, and what it takes."""

    module: str
    name: str
    per_source: bool = False
    """One for each source of a run; others take the records of all sources."""
    timed: bool = False
    """Its second argument is frames per second."""
    drawn: bool = False
    """It draws faces, and takes `draw`."""
    sounds: bool = False
    """It can copy the sound of a file, and takes `sound_from`."""
    sent: bool = False
    """It sends results on, rather than writing a file or standard output."""
    first_only: bool = False
    """It takes the records of the first source only: one face moves one avatar."""
    chooses: bool = False
    """It may send one face of several, and takes `face`."""
    measures: bool = False
    """It needs the unit of translations, and takes `in_mm`."""
    capacity: int | None = None
    """Records that wait for it; None leaves that to `BackgroundSink`."""
    columns: bool = False
    """It names its columns before the first record, and takes `expression`."""


_SENT = 16
"""Records that wait to be sent: half a second at 30 frames/s, since nobody wants older ones."""

SINKS = {
    "jsonl": SinkKind("smile_edge.sinks.jsonl", "JsonlSink"),
    "csv": SinkKind("smile_edge.sinks.csv", "CsvSink", columns=True),
    "video": SinkKind("smile_edge.sinks.video", "VideoSink", per_source=True, timed=True, drawn=True, sounds=True),
    "contact_sheet": SinkKind("smile_edge.sinks.contact_sheet", "ContactSheet", per_source=True, drawn=True),
    "udp": SinkKind("smile_edge.sinks.network.udp", "UdpSink", sent=True, capacity=_SENT),
    "osc": SinkKind("smile_edge.sinks.network.osc", "OscSink", sent=True, capacity=_SENT),
    "vmc": SinkKind(
        "smile_edge.sinks.network.vmc", "VmcSink", sent=True, first_only=True, chooses=True, capacity=_SENT
    ),
    "openseeface": SinkKind(
        "smile_edge.sinks.network.openseeface",
        "OpenSeeFaceSink",
        sent=True,
        first_only=True,
        chooses=True,
        measures=True,
        capacity=_SENT,
    ),
    "virtual_camera": SinkKind(
        "smile_edge.sinks.network.virtual_camera",
        "VirtualCameraSink",
        sent=True,
        first_only=True,
        timed=True,
        drawn=True,
    ),
}
"""Outputs of a stream by the name of their option; a module is imported when its sink is opened."""


def open_sink(
    kind: str,
    target: str | Path,
    *,
    fps: float = 30.0,
    draw: Collection[str] = ("points", "box"),
    sound_from: Path | None = None,
    face: str | int | None = None,
    in_mm: bool = False,
    expression: bool = False,
) -> Sink:
    """Opens an output of a stream.

    Args:
        kind: one of `SINKS`.
        target: what it writes to: a path, `-` for the standard output of text, `HOST:PORT` of what is sent, the device
            of a virtual camera, empty for the first one.
        fps: frames per second of the source, for a sink that needs it.
        draw: what is drawn of a face, for a sink that draws.
        sound_from: the file that the frames come from, for a sink that can copy its sound.
        face: whose, for a sink that may send one face of several: `largest`, or an id; None leaves it to the sink.
        in_mm: translations are in mm, for a sink that needs to know.
        expression: whether faces bring their expression, for a sink that names its columns.

    Raises:
        UsageError: there is no such kind, or no such face or address.
        SinkError: it cannot be written, or what it needs is not installed.

    Example:
        >>> with open_sink("jsonl", "faces.jsonl") as sink:
        ...     sink.write(frame, result)
    """
    if kind not in SINKS:
        raise UsageError(f"there is no output {kind!r}; expected one of {', '.join(SINKS)}")
    row = SINKS[kind]
    options: dict[str, Any] = {"draw": draw} if row.drawn else {}
    if row.columns:
        options["expression"] = expression
    if row.sounds:
        options["sound_from"] = sound_from
    if row.chooses and face is not None:
        options["face"] = face
    if row.measures:
        options["in_mm"] = in_mm
    opened: Sink = getattr(import_module(row.module), row.name)(target, *([fps] if row.timed else []), **options)
    return opened
