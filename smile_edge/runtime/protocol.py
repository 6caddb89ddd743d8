"""What the models' classes need of a session: `session.OnnxSession` has it, and tests pass a fake."""

from collections.abc import Callable, Mapping
from typing import Protocol

from smile_edge.types import Array

__all__ = ["DescribedSession", "Session", "Shape"]

Shape = tuple[int | str, ...]
"""Sizes of a tensor; a free one is its name."""


class Session(Protocol):
    """One model, ready to run."""

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """All outputs by name."""

    def kept(self, feeds: Mapping[str, Array]) -> Callable[[], Mapping[str, Array]]:
        """A run of what `feeds` hold when it is called; gives all outputs by name, until it is called again."""


class DescribedSession(Session, Protocol):
    """A session that tells what it takes and gives."""

    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
