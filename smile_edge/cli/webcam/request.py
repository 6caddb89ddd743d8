"""What `webcam` was asked for, as the options said it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.cli.stream_request import Sources

__all__ = ["Outputs", "Pictures", "Request"]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is seen in windows and in pictures that are written."""

    show: bool | None
    """Whether windows open; None opens them where nothing is written and a display exists."""
    hiding: tuple[str, float] | None
    """How, and from which score on."""
    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is written and sent, by the names in `sinks.spec.SINKS`."""

    texts: Mapping[str, str | Path | None]
    """Files of all sources; None where one was not asked for."""
    pictures: Mapping[str, Path | None]
    """Files of each source: where there are several they are numbered."""
    sent: tuple[tuple[str, str], ...]
    """Kind and address."""
    face: str | None
    """Whose results are sent by outputs that choose; None is their own choice."""
    overwrite: bool

    @property
    def targets(self) -> list[tuple[str, str | Path]]:
        """Kind and target of each that was asked for."""
        files = [*self.texts.items(), *self.pictures.items()]
        return [*((kind, target) for kind, target in files if target is not None), *self.sent]


@dataclass(frozen=True, slots=True)
class Request:
    """All of it."""

    sources: Sources
    settings: Mapping[str, Any]
    """Of `FacePipeline` and `StreamGroup`."""
    outputs: Outputs
    pictures: Pictures

    @property
    def sink_options(self) -> dict[str, Any]:
        """What outputs are told beside their target; see `sinks.spec.open_sink`."""
        return {
            "draw": self.pictures.drawn,
            "face": self.outputs.face,
            "in_mm": self.settings["hfov"] is not None,
            "expression": self.settings["expression"],
        }
