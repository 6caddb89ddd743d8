"""What users are told in one line: of numbers that cannot be, and of values of the wrong type."""

import os
from numbers import Integral, Real
from typing import Any

from smile_edge.errors import UsageError

__all__ = ["check_counts", "check_flags", "check_given", "check_paths", "check_seconds", "is_real", "shown"]

_MOST = 2**31 - 1
"""Largest count: what C's `int` holds, which all counts end in."""
_LONGEST_S = 1_000_000_000
"""Three decades: more than a wait can be."""
_SHOWN = 60
"""Characters of a value that a message quotes."""


def check_counts(least: int = 1, /, **counts: Any) -> None:
    """Refuses what is no count, by name; None stands for no count at all.

    Raises:
        UsageError: one is no whole number, is below `least` or beyond 2147483647.
    """
    for name, value in counts.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise UsageError(f"{name} must be a whole number. Received: {name}={shown(value)}")
        count = int(value)
        if count < least:
            raise UsageError(f"{name} must be at least {least}. Received: {name}={shown(value)}")
        if count > _MOST:
            raise UsageError(f"{name} must be at most {_MOST}. Received: {name}={shown(value)}")


def check_seconds(**times: Any) -> None:
    """Refuses what is no length of time, by name; None stands for none at all.

    Raises:
        UsageError: one is no number above 0, or is beyond 1000000000.
    """
    for name, value in times.items():
        if value is not None and not (is_real(value) and 0 < value <= _LONGEST_S):
            raise UsageError(
                f"{name} must be a number of seconds above 0, at most {_LONGEST_S}. Received: {name}={shown(value)}"
            )


def check_flags(**flags: Any) -> None:
    """Refuses what is neither True nor False, by name; 0 and 1, and numpy's kind of bool, pass for them.

    Raises:
        UsageError: it names the flag.
    """
    for name, value in flags.items():
        if value is True or value is False:
            continue
        if getattr(value, "shape", ()) != () or isinstance(value, float) or not (value == 0 or value == 1):
            raise UsageError(f"{name} must be True or False. Received: {name}={shown(value)}")


def check_paths(**paths: Any) -> None:
    """Refuses what names no file, by name.

    Raises:
        UsageError: one is no text or path, or holds a NUL, which no system has in a name.
    """
    for name, value in paths.items():
        if not isinstance(value, (str, os.PathLike)):
            raise UsageError(f"{name} must be a path. Received: {name}={shown(value)}")
        if "\0" in str(value):
            raise UsageError(f"{name} must be a path, which holds no NUL. Received: {name}={shown(value)}")


def check_given(**values: Any) -> None:
    """Refuses None, by name.

    Raises:
        UsageError: one is None.
    """
    for name, value in values.items():
        if value is None:
            raise UsageError(f"{name} must be given. Received: {name}=None")


def is_real(value: Any) -> bool:
    """Whether it is a number on the real line, numpy's included; bools are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """A value in a message: in one line, and not too long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python shows no number of more than 4300 digits
        text = f"{type(value).__name__} with a number of more digits than can be shown"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
