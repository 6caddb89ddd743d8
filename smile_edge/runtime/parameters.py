"""The parameters of a manifest, read one by one, each within what the runtime can use."""

import math
from collections.abc import Mapping
from typing import Any

from smile_edge.errors import ManifestMismatchError

__all__ = ["Parameters"]


class Parameters:
    """Numbers by name; what is missing, of the wrong kind or out of range is a `ManifestMismatchError` that names it.

    Example:
        >>> Parameters("landmarks.onnx", {"crop_px": 96}).whole("crop_px", 16, 1024)
        96
    """

    def __init__(self, file: str, values: Mapping[str, Any]) -> None:
        """Args:
        file: name of the model, for the errors.
        values: the manifest's `parameters`.
        """
        self._file, self._values = file, values

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        """A number within both limits; `default` where it is not there.

        Raises:
            ManifestMismatchError: see the class.
        """
        return float(self._within(name, self._value(name, default), least, most))

    def share(self, name: str, default: float | None = None) -> float:
        """A number above 0 and below 1.

        Raises:
            ManifestMismatchError: see the class.
        """
        return self.number(name, 1e-6, 1 - 1e-6, default)

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number within both limits.

        Raises:
            ManifestMismatchError: see the class.
        """
        return self._whole(name, self._value(name, None), least, most)

    def wholes(self, name: str, least: int, most: int) -> tuple[int, ...]:
        """One whole number or several, all different.

        Raises:
            ManifestMismatchError: see the class.
        """
        values = self._value(name, None)
        if not isinstance(values, list | tuple) or not values or len(values) > 64:
            raise self._wrong(name, "is of the wrong kind, expected a list of whole numbers", values)
        numbers = tuple(self._whole(name, value, least, most) for value in values)
        if len(set(numbers)) != len(numbers):
            raise self._wrong(name, "must not name one number twice", values)
        return numbers

    def _value(self, name: str, default: float | None) -> Any:
        value = self._values.get(name, default)
        if value is None:
            raise ManifestMismatchError(
                f"The manifest of {self._file} lacks the parameter {name!r}. Export the model again."
            )
        return value

    def _whole(self, name: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, f"is of the wrong kind, expected a whole number from {least} to {most}", value)
        return int(self._within(name, value, least, most))

    def _within(self, name: str, value: Any, least: float, most: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "is of the wrong kind, expected a number", value)
        if not (isinstance(value, int) or math.isfinite(value)) or not least <= value <= most:
            raise self._wrong(name, f"must lie within {least:g} and {most:g}", value)
        return value

    def _wrong(self, name: str, expected: str, value: Any) -> ManifestMismatchError:
        text = repr(value) if not isinstance(value, int) or abs(value) < 10**40 else "a number of more than 40 digits"
        return ManifestMismatchError(
            f"The manifest of {self._file}: {name} {expected}. Received: {text[:60]}. Export the model again."
        )
