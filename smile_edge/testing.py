"""Stand-ins for tests: a session without a model and a source without a camera."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from smile_edge.records import Frame
from smile_edge.runtime.report import ExecutionReport
from smile_edge.types import Array

__all__ = ["FakeSession", "FakeSource"]


class FakeSession:
    """Answers like an `OnnxSession`, from a function; keeps the feeds of every run in `calls`.

    Args:
        outputs_fn: from the feeds to the outputs, both by name.
        inputs: names and shapes that `inputs` shows.
        outputs: names and shapes that `outputs` shows.
    """

    def __init__(
        self,
        outputs_fn: Callable[[Mapping[str, Array]], Mapping[str, Array]],
        *,
        inputs: Mapping[str, tuple[int | str, ...]] | None = None,
        outputs: Mapping[str, tuple[int | str, ...]] | None = None,
    ) -> None:
        self.outputs_fn = outputs_fn
        self.inputs = dict(inputs or {})
        self.outputs = dict(outputs or {})
        self.report = ExecutionReport("cpu", "cpu", None, "fake", 0.0)
        self.calls: list[dict[str, Array]] = []

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs that `outputs_fn` gives for these feeds."""
        self.calls.append(dict(feeds))
        return dict(self.outputs_fn(feeds))

    def kept(self, feeds: Mapping[str, Array]) -> Callable[[], dict[str, Array]]:
        """`run` of these feeds, to be called again."""
        return lambda: self.run(feeds)


class FakeSource:
    """A source that plays given images (or frames) at a steady rate; knows whether it was opened and closed.

    Args:
        images: `(h, w, 3)` BGR arrays, or ready `Frame`s, which pass unchanged.
        fps: rate of the capture clock given to plain images.
    """

    def __init__(
        self,
        images: Iterable[npt.NDArray[np.uint8] | Frame],
        *,
        name: str = "fake",
        fps: float = 30.0,
        live: bool = False,
    ) -> None:
        self.images = list(images)
        self.name, self.fps, self.live = name, fps, live
        self.length: int | None = None if live else len(self.images)
        self.opened = self.closed = False

    def __enter__(self) -> Self:
        self.opened = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[Frame]:
        for index, item in enumerate(self.images):
            if isinstance(item, Frame):
                yield item
            else:
                yield Frame(image=item, index=index, time_s=index / self.fps, source=self.name)
