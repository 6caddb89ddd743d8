"""What a run that goes on needs of an output."""

from collections.abc import Mapping
from typing import Any, Protocol

from smile_edge.batch.stores.ledger import Ledger

__all__ = ["Store"]


class Store(Protocol):
    """An output that an earlier run may have left. What was cut in the middle of an image holds nothing of that one."""

    def holds_something(self) -> bool:
        """Whether there is anything to go on with."""

    def check_run(self, run: Mapping[str, Any]) -> None:
        """Holds that it is of this run.

        Args:
            run: what decides the records, as plain JSON.

        Raises:
            UsageError: it is of another, or nothing says of which.
        """

    def ledger(self) -> Ledger:
        """The images that it holds.

        Raises:
            UsageError: it cannot be read, or is no such output.
        """

    def keep(self, done: Ledger) -> None:
        """Takes all other images out, in one step or in several that may be repeated.

        Raises:
            SinkError: it cannot be written, or another run writes to it.
        """
