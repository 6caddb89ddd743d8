"""Paths out of a list that may be longer than memory."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from smile_edge.errors import UsageError

__all__ = ["read_paths"]

_CHUNK = 1 << 16
"""Bytes read at a time; no system takes a longer path."""
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""How a list begins that Windows PowerShell wrote by `>`."""


def read_paths(name: str) -> Iterator[Path]:
    """The paths of a list, one after the other: a path a line, or each ended by a NUL.

    Lists are taken for the latter where a NUL lies in their first 64 KiB, as `find -print0` writes them. Empty lines
    are passed over. Relative paths are relative to where the command runs.

    Args:
        name: a file; `-` is standard input.

    Raises:
        UsageError: the list cannot be read, or holds something that is no path.

    Example:
        >>> for path in read_paths("paths.txt"):
        ...     print(path)
    """
    with _opened(name) as file:
        for number, line in enumerate(_lines(file, name), 1):
            if line:
                if b"\0" in line:
                    raise UsageError(f"--list {name}: path {number} holds a NUL: end every path by one, or none")
                yield Path(os.fsdecode(line))


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise UsageError("--list - reads standard input, which is closed: name a file")
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise UsageError(f"--list {name} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    with file:
        yield file


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    chunk = _read(file, name).removeprefix(_BOM)
    if chunk.startswith(_UTF16) and b"\0" in chunk[2:4]:
        raise UsageError(f"--list {name} is UTF-16: save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)")
    end = b"\0" if b"\0" in chunk else b"\n"
    rest = b""
    while chunk:
        *whole, rest = (rest + chunk).split(end)
        for line in whole:
            yield line if end == b"\0" else line.removesuffix(b"\r")
        if len(rest) > _CHUNK:
            raise UsageError(f"--list {name} is no list of paths: expected a path a line, or each ended by a NUL")
        chunk = _read(file, name)
    if rest:
        yield rest if end == b"\0" else rest.removesuffix(b"\r")


def _read(file: BinaryIO, name: str) -> bytes:
    """What there is, without waiting until the chunk is full."""
    try:
        return getattr(file, "read1", file.read)(_CHUNK)
    except OSError as error:
        raise UsageError(f"--list {name} cannot be read: {error.strerror}") from None
