"""What every sink is: a context manager that takes a frame and its result."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from smile_edge.records import Frame, FrameResult

__all__ = ["ReservedPath", "Sink"]


class Sink(ABC):
    """An output. It fails in its constructor where it cannot be written; leaving the context completes it.

    Attributes:
        name: what messages call it, such as its path.
        needs_image: whether `write` looks at the picture; where it does not, the frame may come without.
        closed: the reader or viewer is gone, so nothing more need be written.
    """

    name: str = "the output"
    needs_image: bool = True
    closed: bool = False

    @abstractmethod
    def write(self, frame: Frame, result: FrameResult) -> None:
        """Take one frame and what was found on it."""

    @abstractmethod
    def close(self) -> None:
        """Complete the output; safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ReservedPath:
    """A file that shall be written and stays as it is until then: a run that fails before its first frame leaves what
    an earlier one wrote."""

    def __init__(self, path: Path) -> None:
        """Sees that it can be written.

        Raises:
            OSError: it cannot.
        """
        self.path = path
        self._made = not path.exists()
        path.open("ab").close()

    def give_back(self) -> None:
        """Nothing was written: what was not there before goes again."""
        if self._made:
            self.path.unlink(missing_ok=True)
