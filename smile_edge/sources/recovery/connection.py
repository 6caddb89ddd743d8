"""What a source must have to be connected to anew."""

from collections.abc import Generator
from typing import Protocol

from smile_edge.types import Image

__all__ = ["Connection", "StreamEnded"]


class StreamEnded(Exception):
    """What was live says that it has come to its end."""


class Connection(Protocol):
    """A camera or stream that is open.

    Attributes:
        damaged: pictures that came and could not be decoded so far.
        failure: why there are no more pictures, once `pictures` has ended.
    """

    @property
    def damaged(self) -> int: ...

    @property
    def failure(self) -> str: ...

    def pictures(self) -> Generator[tuple[Image, float]]:
        """Each picture and when it was taken, by `time.monotonic`, for as long as they come."""

    def close(self) -> None:
        """Give it back."""
