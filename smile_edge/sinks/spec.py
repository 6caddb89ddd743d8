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


SINKS = {
    "jsonl": SinkKind("smile_edge.sinks.jsonl", "JsonlSink"),
    "csv": SinkKind("smile_edge.sinks.csv", "CsvSink"),
    "video": SinkKind("smile_edge.sinks.video", "VideoSink", per_source=True, timed=True, drawn=True, sounds=True),
    "contact_sheet": SinkKind("smile_edge.sinks.contact_sheet", "ContactSheet", per_source=True, drawn=True),
}
"""Outputs of a stream by the name of their option; a module is imported when its sink is opened."""


def open_sink(
    kind: str,
    target: str | Path,
    *,
    fps: float = 30.0,
    draw: Collection[str] = ("points", "box"),
    sound_from: Path | None = None,
) -> Sink:
    """Opens an output of a stream.

    Args:
        kind: one of `SINKS`.
        target: what it writes to; text outputs take `-` for standard output.
        fps: frames per second of the source, for a sink that needs it.
        draw: what is drawn of a face, for a sink that draws.
        sound_from: the file that the frames come from, for a sink that can copy its sound.

    Raises:
        UsageError: there is no such kind.
        SinkError: it cannot be written.

    Example:
        >>> with open_sink("jsonl", "faces.jsonl") as sink:
        ...     sink.write(frame, result)
    """
    if kind not in SINKS:
        raise UsageError(f"there is no output {kind!r}; expected one of {', '.join(SINKS)}")
    row = SINKS[kind]
    options: dict[str, Any] = {"draw": draw} if row.drawn else {}
    if row.sounds:
        options["sound_from"] = sound_from
    opened: Sink = getattr(import_module(row.module), row.name)(target, *([fps] if row.timed else []), **options)
    return opened
