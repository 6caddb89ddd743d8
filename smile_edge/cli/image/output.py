"""What every output of `image batch` is: checked before anything is written, opened, and perhaps continued."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smile_edge.batch.stores.store import Store
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks import Sink

__all__ = ["BatchOutput"]


class BatchOutput(ABC):
    """An output by the name of its option.

    Attributes:
        goes_on: `--resume` can go on with it.
        tells_done: where it `goes_on`, it holds which images are done.
        needs_pictures: it writes pictures, which are decoded for it and kept until it has them.
        no_list: why it cannot be written for the images of a list, of which none is known before it is looked at.
    """

    goes_on: bool = False
    tells_done: bool = True
    no_list: str | None = None
    needs_pictures: bool = False

    def __init__(self, kind: str, target: str | Path) -> None:
        """Nothing is touched yet.

        Args:
            kind: the name of the option without its dashes: `jsonl`.
            target: what it named.
        """
        self.kind, self.target, self.option = kind, target, f"--{kind}"

    @abstractmethod
    def files(self) -> Sequence[str | Path]:
        """The files that it writes, `-` for standard output; those in a folder of its own left out."""

    def beside(self) -> Sequence[Path]:
        """The files that it writes beside those without being asked for them, and replaces."""
        return ()

    @abstractmethod
    def check(self, plan: "Plan") -> None:
        """Holds that nothing is destroyed, beyond what `check_outputs` sees to for `files`, and that it can go on.

        Raises:
            UsageError: something would be, or it cannot.
        """

    def store(self, plan: "Plan") -> "Store | None":
        """What it holds of an earlier run; None where it does not tell."""
        return None

    @abstractmethod
    def open(self, plan: "Plan") -> "Sink":
        """Opens it, or goes on with it where the plan says so.

        Raises:
            SinkError: it cannot be written.
            UsageError: another run has written it since it was checked.
        """
