"""What the fields of frames, faces and results may hold; checked when one is made, so that no output fails later."""

import math
from collections.abc import Callable
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from smile_edge.errors import UsageError
from smile_edge.validation import is_real, shown

__all__ = [
    "FLAG",
    "NUMBER",
    "TEXT",
    "TIMESTAMP",
    "WHOLE",
    "Kind",
    "NoneOfThem",
    "array_of",
    "check_fields",
    "fields_of",
    "maybe",
]

_MOST = 2**63 - 1
"""What other programs can read of a whole number."""
_LAST_TIMESTAMP = 253_402_300_799.0
"""The end of the year 9999, after which dates are not written in the same way."""


class NoneOfThem:
    """Nothing is of this type."""


class Kind(NamedTuple):
    """What a field holds."""

    expected: str
    exact: type
    """A value of this very type is checked no further, unless it is a number that may be out of range."""
    taken: Callable[[Any], Any]
    """The value as the field keeps it.

    Raises:
        ValueError: it cannot be.
    """
    optional: bool = False


Fields = tuple[tuple[str, type, bool, bool, Kind], ...]
"""Name, `exact`, whether that is a number, `optional`, and kind of each: frames are made often, tuples read fast."""


def fields_of(**kinds: Kind) -> Fields:
    """The fields of a class by their names."""
    return tuple(
        (name, kind.exact, issubclass(kind.exact, (int, float)) and kind.exact is not bool, kind.optional, kind)
        for name, kind in kinds.items()
    )


def check_fields(record: object, fields: Fields) -> None:
    """Checks the fields of a frozen dataclass, and turns numpy's numbers into Python's.

    Raises:
        UsageError: it names the field, what was expected and what came.
    """
    for name, exact, is_number, optional, kind in fields:
        value = getattr(record, name)
        found: type = type(value)
        if found is exact:
            if not is_number or -_MOST <= value <= _MOST:
                continue
        elif value is None and optional:
            continue
        try:
            taken = kind.taken(value)
        except (ValueError, TypeError, OverflowError):
            raise UsageError(
                f"{type(record).__name__}: {name} must be {kind.expected}. Received: {name}={shown(value)}"
            ) from None
        if taken is not value:
            object.__setattr__(record, name, taken)


def maybe(kind: Kind) -> Kind:
    """The same, or None."""
    return kind._replace(expected=f"{kind.expected} or None", optional=True)


def array_of(*shape: int) -> Kind:
    """An array of numbers of this shape."""

    def taken(value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype.kind not in "fiu":
            raise ValueError
        return value

    return Kind(f"an array {shape} of numbers", NoneOfThem, taken)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not -_MOST <= int(value) <= _MOST:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if not is_real(value) or not math.isfinite(value):
        raise ValueError
    return float(value) if type(value) is not int else value


def _timestamp(value: Any) -> float:
    if not 0 <= _number(value) <= _LAST_TIMESTAMP:
        raise ValueError
    return _number(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError
    return bool(value)


WHOLE = Kind("a whole number", int, _whole)
NUMBER = Kind("a finite number", float, _number)
TIMESTAMP = Kind("seconds since 1970", NoneOfThem, _timestamp)
TEXT = Kind("text", str, _text)
FLAG = Kind("True or False", bool, _flag)
