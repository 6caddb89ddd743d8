"""What a table of faces holds, in numbers."""

from typing import Any, NamedTuple

__all__ = ["Counts", "counts_of"]


class Counts(NamedTuple):
    """Of some images."""

    images: int
    faces: int
    failed: int
    """Images with an error."""
    damaged: int
    """Images with a warning."""


def counts_of(table: Any) -> Counts:
    """The counts of a table of `faces_table` that has all rows of each image.

    Example:
        >>> counts_of(faces_table(results)).images
        3
    """
    numbers, warnings = (table.column(name).to_pylist() for name in ("frame", "warning"))
    return Counts(
        len(set(numbers)),
        table.num_rows - table.column("id").null_count,
        table.num_rows - table.column("error").null_count,
        len({number for number, warning in zip(numbers, warnings, strict=True) if warning is not None}),
    )
