"""Arrays that describe the same faces, one row a face."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Self

import numpy as np

__all__ = ["Table"]


class Table:
    """Base of dataclasses whose fields are arrays with the same number of rows.

    Example:
        >>> faces.rows(faces.packs == "mtfl")
    """

    __slots__ = ()

    def __len__(self) -> int:
        return len(self.columns()[0])

    def columns(self) -> list[np.ndarray]:
        """The arrays, in the order of the fields."""
        described: Any = self
        return [getattr(self, column.name) for column in fields(described)]

    @classmethod
    def concatenate(cls, parts: Iterable[Self]) -> Self:
        """The faces of at least one table after those of another."""
        return cls(*map(np.concatenate, zip(*(part.columns() for part in parts), strict=True)))

    def rows(self, chosen: np.ndarray) -> Self:
        """Some of the faces, by a mask or by indices."""
        return type(self)(*(column[chosen] for column in self.columns()))
