"""Checkouts as small as can be, and a case that takes the seconds that it is given."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks.speed.paired.cases import PairedCase
from benchmarks.speed.paired.checkout import Checkout
from benchmarks.speed.paired.children import Reading

__all__ = ["STUB", "checkout_in", "side", "stub"]

STUB = "stub"


def stub(old: Sequence[float] = (1.0,), new: Sequence[float] = (1.0,), **changes) -> PairedCase:
    """A case whose sides take these seconds, round and round."""

    @contextmanager
    def start(checkout: Checkout, scratch: Path) -> Iterator[Callable[[], Reading]]:
        seconds = old if checkout.side == "old" else new
        numbers = count()
        yield lambda: Reading(seconds[next(numbers) % len(seconds)], {"faces": len(seconds)})

    return PairedCase(**{"name": STUB, "of": "a run", "tolerance": 0.03, "prepare": lambda scratch: None} | {
        "start": start, **changes
    })  # fmt: skip


def checkout_in(folder: Path, init: str = "", main: str = "") -> Path:
    """Another checkout, as small as can be."""
    (folder / "smile_edge").mkdir()
    (folder / "smile_edge" / "__init__.py").write_text(init)
    (folder / "smile_edge" / "__main__.py").write_text(main)
    return folder


def side(folder: Path, scratch: Path) -> Checkout:
    scratch.mkdir(exist_ok=True)
    return Checkout.at("old", folder, scratch)
