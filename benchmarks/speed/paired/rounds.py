"""`compare --paired`: two checkouts measured in turn on the same inputs, so that what drifts drifts for both."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.speed.harness.process import cores_for
from benchmarks.speed.paired.cases import CASES, PairedCase
from benchmarks.speed.paired.checkout import Checkout
from benchmarks.speed.paired.children import Measure, Reading
from benchmarks.speed.paired.confidence import MedianInterval, median_interval
from smile_edge.errors import UsageError

__all__ = ["HERE", "LEAST_ROUNDS", "ROUNDS", "Outcome", "Pair", "chosen", "compare_checkouts", "judge", "take_turns"]

HERE = Path(__file__).resolve().parents[3]
"""The checkout of this file: the new side."""
ROUNDS, LEAST_ROUNDS = 15, 11
"""Default, and fewest that are worth a verdict."""

Pair = tuple[Reading, Reading]
"""Of the old side and of the new one, in the same round."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case after all rounds."""

    name: str
    of: str
    """What was timed: a frame, an image, a start."""
    rounds: tuple[Pair, ...]
    ratio: MedianInterval
    """New over old, of each round."""
    tolerance: float
    """Share by which the new side may be slower."""

    @property
    def medians_ms(self) -> tuple[float, float]:
        """Of the old side and of the new one."""
        old, new = (1000 * median(reading.seconds for reading in side) for side in zip(*self.rounds, strict=True))
        return old, new

    @property
    def verdict(self) -> str:
        """`WORSE` and `better` where the whole interval says so, `unclear` where it reaches beyond the tolerance."""
        if self.ratio.low > 1 + self.tolerance:
            return "WORSE"
        if self.ratio.high < 1 - self.tolerance:
            return "better"
        return "unclear" if self.ratio.high > 1 + self.tolerance else ""

    @property
    def notes(self) -> list[str]:
        """What differs between the sides beside their time."""
        old, new = (reading.details for reading in self.rounds[-1])
        return [
            f"{self.name}: {what} differs: old {old.get(what)}, new {new.get(what)}"
            for what in {**old, **new}
            if old.get(what) != new.get(what)
        ]


def chosen(names: Sequence[str], cases: Mapping[str, PairedCase] = CASES) -> list[PairedCase]:
    """The cases of these names; all of them where there is no name.

    Raises:
        UsageError: there is no such case.
    """
    for name in names:
        if name not in cases:
            raise UsageError(f"there is no case {name!r}; choose from: {'; '.join(cases)}")
    return [cases[name] for name in dict.fromkeys(names or cases)]


def compare_checkouts(
    old: Path,
    new: Path,
    cases: Sequence[PairedCase],
    rounds: int = ROUNDS,
    tolerance: float | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Outcome]:
    """Measures every case on one core, old and new in turn.

    Args:
        old: folder of a checkout.
        new: folder of another, or of the same.
        cases: what to measure.
        rounds: readings of each side that count; one more comes first and warms up.
        tolerance: share by which the new side may be slower; None takes that of each case.
        tell: told what is being measured.

    Raises:
        UsageError: there are fewer than `LEAST_ROUNDS`.
        DataError: a folder is no checkout, or its code failed.
    """
    if rounds < LEAST_ROUNDS:
        raise UsageError(f"--rounds must be at least {LEAST_ROUNDS}. Received: {rounds}")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="smile-edge-") as name, _on_one_core():
        scratch = Path(name)
        sides = Checkout.at("old", old, scratch), Checkout.at("new", new, scratch)
        for number, case in enumerate(cases, 1):
            tell(f"{number}/{len(cases)}: {case.name}, {rounds} rounds")
            case.prepare(scratch)
            pairs = _measured(case, sides, scratch, rounds)
            outcomes.append(judge(case, pairs, case.tolerance if tolerance is None else tolerance))
    return outcomes


def take_turns(old: Measure, new: Measure, rounds: int, turns: int = 1) -> list[Pair]:
    """So many pairs of readings, after one that warms up.

    Args:
        old, new: measure one side.
        rounds: pairs that count.
        turns: readings of each side in a round, whose median counts; the side that goes first alternates.
    """
    pairs = []
    for number in range(rounds + 1):
        before, after = [], []
        for turn in range(turns):
            if (number + turn) % 2:
                before.append(old())
                after.append(new())
            else:
                after.append(new())
                before.append(old())
        pairs.append((_middle(before), _middle(after)))
    return pairs[1:]


def judge(case: PairedCase, pairs: Sequence[Pair], tolerance: float) -> Outcome:
    """Sums up the rounds of a case."""
    ratios = [after.seconds / before.seconds for before, after in pairs]
    return Outcome(case.name, case.of, tuple(pairs), median_interval(ratios), tolerance)


def _measured(case: PairedCase, sides: tuple[Checkout, Checkout], scratch: Path, rounds: int) -> list[Pair]:
    """All rounds of a case, with new processes whenever it asks for them."""
    pairs: list[Pair] = []
    while len(pairs) < rounds:
        many = min(case.life or rounds, rounds - len(pairs))
        with case.start(sides[0], scratch) as old, case.start(sides[1], scratch) as new:
            pairs += take_turns(old, new, many, case.turns)
    return pairs


def _middle(readings: Sequence[Reading]) -> Reading:
    return replace(readings[-1], seconds=median(reading.seconds for reading in readings))


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Keeps this process, and the children that it starts meanwhile, on one core where the system allows that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores_for(1) or cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
