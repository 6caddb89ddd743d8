"""What `image batch` was asked for, as the options said it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.errors import UsageError

__all__ = ["Existing", "Named", "OnRay", "Pictures", "Request", "Work"]


@dataclass(frozen=True, slots=True)
class Named:
    """Which images."""

    paths: tuple[str, ...]
    listed: str | None
    shard: str | None
    recursive: bool
    max_pixels: int | None

    def __post_init__(self) -> None:
        """Holds that images are named in one way.

        Raises:
            UsageError: they are not.
        """
        if bool(self.paths) == (self.listed is not None):
            raise UsageError("name the images: PATH... or --list FILE, and not both; see smile-edge image batch --help")


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is drawn into pictures that are written, what is hidden in them, and how faces are cut out."""

    drawn: tuple[str, ...] = ("points", "box")
    hiding: tuple[str, float] | None = None
    """How, and from which score on."""
    crop_px: int = 112
    crop_template: str = "arcface"


@dataclass(frozen=True, slots=True)
class OnRay:
    """A cluster."""

    address: str
    workers: int | None
    """None is as many as it has room for."""


@dataclass(frozen=True, slots=True)
class Work:
    """Who does it."""

    workers: int
    batch: int | None = None
    timeout_s: float | None = None
    on_ray: OnRay | None = None
    """None is this machine without Ray."""


@dataclass(frozen=True, slots=True)
class Existing:
    """What becomes of outputs that exist."""

    overwrite: bool = False
    resume: bool = False
    retry_errors: bool = False

    @property
    def goes_on(self) -> bool:
        """They are continued."""
        return self.resume or self.retry_errors

    @property
    def kept(self) -> bool:
        """They are refused."""
        return not (self.overwrite or self.goes_on)


@dataclass(frozen=True, slots=True)
class Request:
    """All of it."""

    named: Named
    settings: Mapping[str, Any]
    """Of `FacePipeline`."""
    targets: Mapping[str, str | Path]
    """Where outputs go, by the names in `outputs.OUTPUTS`, without those that were not asked for."""
    pictures: Pictures
    work: Work
    existing: Existing

    @property
    def models(self) -> Path | None:
        """Folder of the models, None where it is to be found."""
        folder: Path | None = self.settings["models"]
        return folder
