"""What a worker is: somebody that gives the results of a few images, or dies of it."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smile_edge.batch.schedule import Chunk, Pair

__all__ = ["Worker", "WorkerDied"]


class WorkerDied(Exception):
    """The process of a worker ended; the text says how."""


class Worker(Protocol):
    """What results come from: this process, or another."""

    def open(self) -> None:
        """Gets ready."""

    def look_at(self, images: "Chunk") -> "list[Pair]":
        """The results of a few images.

        Raises:
            WorkerDied: the process is gone.
        """

    def end(self) -> None:
        """Ends at once, whatever it is at, if it can be; called from any thread, perhaps twice."""
