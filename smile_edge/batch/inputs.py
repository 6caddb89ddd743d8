"""The images of a run, each with its number; shards of them."""

import hashlib
import os
import re
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.batch.path_list import read_paths
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.batch.schedule import Pair

__all__ = ["ALL", "Inputs", "Numbered", "Shard"]

_SHARD = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """Every N-th image from the K-th on: the share of one machine.

    Example:
        >>> [number for number in range(8) if Shard.parse("2/3").holds(number)]
        [1, 4, 7]
    """

    number: int = 1
    """From 1."""
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """A shard as it is named: `3/16`.

        Raises:
            UsageError: it is none.
        """
        found = _SHARD.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            raise UsageError(f"--shard must be K/N with K from 1 to N, such as 3/16. Received: {text[:60]!r}")
        return cls(int(found[1]), int(found[2]))

    def holds(self, number: int) -> bool:
        """Whether the image of this number, from 0, is one of it."""
        return number % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


ALL = Shard()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The images of a run.

    Example:
        >>> inputs = Inputs.of_list("paths.txt", Shard.parse("1/2"))
        >>> for number, path in inputs:
        ...     print(number, path)
    """

    paths: Callable[[], Iterable[Path]]
    """All images, those of other shards too."""
    shard: Shard = ALL
    total: int | None = None
    """Images of all shards; None where only the end will tell."""
    identity: str | None = None
    """Digest of all paths in their order; None as before."""

    @classmethod
    def of_files(cls, files: Sequence[Path], shard: Shard = ALL) -> "Inputs":
        """Files that are known."""
        return cls(lambda: files, shard, *_counted(files))

    @classmethod
    def of_list(cls, name: str, shard: Shard = ALL) -> "Inputs":
        """The paths of a list. A regular file is read through for their number; of others nothing is read yet.

        Raises:
            UsageError: see `read_paths`.
        """
        try:
            regular = name != "-" and stat.S_ISREG(os.stat(name).st_mode)
        except (OSError, ValueError):
            regular = True  # reading it will say why
        if not regular:
            return cls(lambda: read_paths(name), shard)
        inputs = cls(lambda: read_paths(name), shard, *_counted(read_paths(name)))
        if not inputs.total:
            raise UsageError(f"--list {name} holds no path: expected a path a line, or each ended by a NUL")
        return inputs

    @property
    def count(self) -> int | None:
        """Images of this shard; None where only the end will tell."""
        return None if self.total is None else len(range(self.shard.number - 1, self.total, self.shard.count))

    def __iter__(self) -> Iterator[tuple[int, Path]]:
        return ((number, path) for number, path in enumerate(self.paths()) if self.shard.holds(number))


def _counted(paths: Iterable[Path]) -> tuple[int, str]:
    """How many there are, and a digest of them."""
    digest, count = hashlib.sha256(), 0
    for path in paths:
        digest.update(os.fsencode(path) + b"\0")
        count += 1
    return count, digest.hexdigest()


class Numbered:
    """Images on their way through workers that know no numbers, which come back in the same order."""

    def __init__(self, images: Iterable[tuple[int, Path]]) -> None:
        """Args:
        images: each with its number.
        """
        self._images = images
        self._under_way: deque[int] = deque()

    def paths(self) -> Iterator[Path]:
        """The images without their numbers."""
        for number, path in self._images:
            self._under_way.append(number)
            yield path

    def numbered(self, results: "Iterable[Pair]") -> "Iterator[Pair]":
        """The results with the numbers."""
        for frame, result in results:
            number = self._under_way.popleft()
            yield replace(frame, index=number), replace(result, frame=number)
