"""How the run goes: what the page and `/metrics` say of each source."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Meter", "RunStatus", "SourceStatus", "State"]

State = Literal["starting", "live", "silent", "lost", "ended"]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Counts and speed of one source."""

    name: str
    state: State
    reason: str | None = None
    """Why it was lost."""
    silent_s: float = 0.0
    """Seconds since its last frame."""
    frames: int = 0
    dropped: int = 0
    faces: int = 0
    fps: float = 0.0
    """Over the last frames."""
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    """Latency over the last frames: capture to result of a live source, begin of the work to result of a file."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """All sources, and what the models run on."""

    version: str
    provider: str
    sources: Sequence[SourceStatus]

    def to_json(self, *, viewers: int, picture: bool) -> str:
        """What viewers are told once a second.

        Args:
            viewers: how many are connected.
            picture: whether they get pictures.
        """
        sources = [asdict(source) for source in self.sources]
        status = {"version": self.version, "provider": self.provider, "viewers": viewers, "picture": picture}
        return json.dumps({"status": {**status, "sources": sources}}, separators=(",", ":"))


Meter = Callable[[], RunStatus]
"""Reads the run; called from the server's thread."""
