"""What users are told in one line: of counts that are too small, and of the errors of others."""

from smile_edge.errors import UsageError

__all__ = ["check_counts"]


def check_counts(least: int = 1, /, **counts: int | None) -> None:
    """Refuses a count that is too small, by name; None stands for no count at all.

    Raises:
        UsageError: one is below `least`.
    """
    for name, value in counts.items():
        if value is not None and value < least:
            raise UsageError(f"{name} must be at least {least}. Received: {name}={value}")
