"""Several sources at once: each read in its own thread, their frames handed out in rounds."""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from smile_edge.errors import SourceError, UsageError
from smile_edge.records import Frame
from smile_edge.sources.base import Source, mirrored
from smile_edge.validation import check_counts, shown

__all__ = ["SourceMux", "unique_names"]

log = logging.getLogger(__name__)

_LOOK_UP_S = 0.5
"""How often a wait for frames is broken off to see whether a silent source counts as lost."""


class SourceMux(Iterator[list[tuple[int, Frame]]]):
    """What the sources have, round by round: the position of a source among them and its next frame.

    Live sources give their newest frame where there is a new one, and are never waited for while another has one. Files
    give every frame: among themselves they go in step, so that the order does not depend on who reads faster. A source
    that is lost leaves the rest running; it is logged and kept in `errors`.

    Attributes:
        names: one for each source, as in its frames; a name that comes again gets a number (`demo#2`).
        errors: why sources were lost, by position.
    """

    def __init__(self, sources: Sequence[Source], *, frames: int | None = None, paced: bool = False) -> None:
        """Start all threads.

        Args:
            sources: open and not read yet; they stay the caller's to close.
            frames: take at most this many from each source.
            paced: somebody watches: files are given no faster than they were taken, and not in step.
        """
        check_counts(frames=frames)
        self._sources, self._limit, self._paced = _checked(sources), frames, paced
        self.names = unique_names(self._sources)
        self.errors: dict[int, SourceError] = {}
        self._changed = threading.Condition()
        self._readers = {key: source.start(self._changed, paced=paced) for key, source in enumerate(self._sources)}
        self._taken = dict.fromkeys(self._readers, 0)

    def __next__(self) -> list[tuple[int, Frame]]:
        """At least one frame, at most one of each source.

        Raises:
            StopIteration: all sources have ended.
            SourceError: all sources were lost; it is the last one's.
        """
        while self._readers:
            with self._changed:
                due = self._changed.wait_for(self._due, _LOOK_UP_S)
            # Without a round, only what is silent is asked: whether it counts as lost by now.
            asked = [key for key, reader in self._readers.items() if due or not reader.ready]
            taken = [(key, self._take(key)) for key in asked]
            if found := [(key, frame) for key, frame in taken if frame is not None]:
                return found
        if self._sources and len(self.errors) == len(self._sources):
            raise next(reversed(self.errors.values()))
        raise StopIteration

    def close(self) -> None:
        """Ask every thread to end; closing the sources then waits for all at the same time."""
        for reader in self._readers.values():
            reader.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _due(self) -> bool:
        """Whether a round can start: a live source has something, or every file has."""
        files = [reader.ready for key, reader in self._readers.items() if not self._sources[key].live]
        live = [reader.ready for key, reader in self._readers.items() if self._sources[key].live]
        return any(live) or (any(files) if self._paced else bool(files) and all(files))

    def _take(self, key: int) -> Frame | None:
        """The next frame of a source; None where it has none now, or no more."""
        try:
            frame = self._readers[key].take()
        except StopIteration:
            del self._readers[key]
            return None
        except SourceError as error:
            self._readers.pop(key).stop()
            self.errors[key] = error
            if len(self.errors) < len(self._sources):  # else it is raised
                log.warning("%s; the others go on" if self._readers else "%s", error)
            return None
        if frame is None:
            return None
        self._taken[key] += 1
        if self._taken[key] == self._limit:
            self._readers.pop(key).stop()
        frame = mirrored(frame) if self._sources[key].mirror else frame
        suffix = self.names[key].removeprefix(self._sources[key].name)
        return replace(frame, source=frame.source + suffix) if suffix else frame


def unique_names(sources: Sequence[Source]) -> list[str]:
    """The names of sources, with a number where one comes again."""
    names = [source.name for source in sources]
    return [
        f"{name}#{count}" if (count := names[: index + 1].count(name)) > 1 else name for index, name in enumerate(names)
    ]


def _checked(sources: Sequence[Source]) -> list[Source]:
    """Raises `UsageError` for what is no list of sources."""
    if not isinstance(sources, Iterable) or not all(hasattr(source, "start") for source in sources):
        raise UsageError(f"sources must be a list of open sources. Received: {shown(sources)}")
    return list(sources)
