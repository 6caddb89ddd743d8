"""Sources whose frames a test lists."""

from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources import Source

__all__ = ["PICTURE", "ListedSource", "a_file", "a_lost_camera", "numbered"]

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


class ListedSource(Source):
    """A source whose frames a function yields; `live` or a file."""

    def __init__(self, name: str, make: Callable[[], Generator[Frame]], *, live: bool = False) -> None:
        super().__init__(name, live=live)
        self.make = make

    def _frames(self) -> Generator[Frame]:
        for frame in self.make():
            yield replace(frame, source=self.name)


def numbered(count: int, fps: float = 30.0) -> Callable[[], Generator[Frame]]:
    return lambda: (Frame(PICTURE, index, index / fps) for index in range(count))


def a_file(name: str, count: int, fps: float = 30.0) -> ListedSource:
    return ListedSource(name, numbered(count, fps))


def a_lost_camera(after: int) -> ListedSource:
    def frames() -> Generator[Frame]:
        yield from numbered(after)()
        raise SourceError("cable pulled")

    return ListedSource("lost", frames, live=True)
