"""Which sources `webcam` and `serve` were asked for, as the options said it."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smile_edge.sources import Source

__all__ = ["Sources"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Which sources, and how they are read."""

    specs: tuple[str, ...]
    mirror: bool
    fps: float
    """Of a folder or pattern."""
    reconnect_s: float
    frames: int | None
    """Of each source; None is all."""
    max_pixels: int | None

    def open(self, stack: ExitStack) -> "list[Source]":
        """The sources, which the stack closes; the limit of pixels counts for this process from now on.

        Raises:
            SmileEdgeError: a source cannot be read.
        """
        from smile_edge.imaging.limits import set_max_pixels
        from smile_edge.sources import open_source

        if self.max_pixels is not None:
            set_max_pixels(self.max_pixels)
        return [
            stack.enter_context(open_source(spec, mirror=self.mirror, fps=self.fps, reconnect_s=self.reconnect_s))
            for spec in self.specs
        ]
