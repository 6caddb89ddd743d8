"""What `serve` was asked for, as the options said it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.cli.stream_request import Sources

__all__ = ["Page", "Request"]


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page is, who may open it, and what it shows."""

    host: str
    port: int
    names: tuple[str, ...]
    """Names of this machine that are answered to, beside its own."""
    max_clients: int
    picture: bool
    """The pictures are sent, too."""


@dataclass(frozen=True, slots=True)
class Request:
    """All of it."""

    sources: Sources
    settings: Mapping[str, Any]
    """Of `StreamGroup`."""
    page: Page
    hiding: tuple[str, float] | None
    """How heads are hidden, and from which score on."""
    files: Mapping[str, str | Path | None]
    """What is written beside the page, by the names in `sinks.spec.SINKS`; None where it was not asked for."""
    overwrite: bool
