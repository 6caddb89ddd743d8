"""A run that goes on: what its outputs hold is kept, what only some of them hold is done again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.batch.inputs import Inputs
from smile_edge.batch.stores.ledger import Ledger
from smile_edge.batch.stores.store import Store
from smile_edge.errors import UsageError
from smile_edge.records.names import escaped_name

__all__ = ["Remaining", "resume"]


@dataclass(frozen=True, slots=True)
class Remaining:
    """The images that are still to be looked at."""

    inputs: Inputs
    done: Ledger

    @property
    def count(self) -> int | None:
        """How many; None where only the end will tell."""
        return None if self.inputs.count is None else max(0, self.inputs.count - self.done.count)

    def __iter__(self) -> Iterator[tuple[int, Path]]:
        """Each with its number.

        Raises:
            UsageError: an image that is done had another path, or is none of these.
        """
        seen = 0
        for number, path in self.inputs:
            if not self.done.holds(number):
                yield number, path
            elif self.done.holds(number, str(path)):
                seen += 1
            else:
                name = escaped_name(str(path), one_line=True)
                raise UsageError(f"--resume: image {number} of the output is not {name}: these are other images")
        if seen != self.done.count:
            raise UsageError(f"--resume: the output holds {self.done.count - seen} images that are not among these")


def resume(stores: Sequence[Store], inputs: Inputs, run: Mapping[str, Any], *, retry: bool) -> Remaining:
    """Brings the outputs of a run to the images that all of them hold.

    Args:
        stores: the outputs, at least one; those that hold nothing are begun.
        inputs: of the run.
        run: see `stores.store.Store.check_run`.
        retry: images that failed are taken out, to be tried again.

    Raises:
        UsageError: an output is of another run, or damaged other than at its end.
        SinkError: one cannot be written.
    """
    for store in stores:
        if store.holds_something():
            store.check_run(run)
    ledgers = [store.ledger() if store.holds_something() else Ledger() for store in stores]
    done = ledgers[0]
    for ledger in ledgers:
        done = done.common(ledger, failed=not retry)
    for store in stores:
        store.keep(done)
    return Remaining(inputs, done)
