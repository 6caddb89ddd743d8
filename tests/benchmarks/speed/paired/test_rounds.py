"""Rounds in turn and their verdicts, on made-up timings."""

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import checkout_in, stub

from benchmarks.speed.paired.cases import CASES
from benchmarks.speed.paired.checkout import Checkout
from benchmarks.speed.paired.children import Reading
from benchmarks.speed.paired.rounds import Outcome, chosen, compare_checkouts, judge, take_turns
from smile_edge.errors import UsageError


def outcome(ratios: Sequence[float], tolerance: float = 0.03) -> Outcome:
    return judge(stub(), [(Reading(2.0), Reading(2 * ratio)) for ratio in ratios], tolerance)


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([1.0] * 15, ""),
        ([1.02] * 15, ""),
        ([1.04] * 15, "WORSE"),
        ([1.0] * 3 + [1.04] * 12, "WORSE"),
        ([1.0] * 4 + [1.04] * 11, "unclear"),
        ([1.0] * 12 + [9.0] * 3, ""),
        ([0.96] * 15, "better"),
        ([0.98] * 15, ""),
    ],
)
def test_only_an_interval_wholly_above_the_tolerance_is_worse(ratios, verdict):
    assert outcome(ratios).verdict == verdict


def test_a_wider_tolerance_forgives():
    assert outcome([1.04] * 15, 0.05).verdict == ""


def test_ratios_are_taken_within_a_round_so_that_drift_cancels():
    drift = [1.5**number for number in range(11)]
    found = judge(stub(), [(Reading(value), Reading(1.1 * value)) for value in drift], 0.03)
    assert found.ratio.low == pytest.approx(1.1)
    assert found.ratio.high == pytest.approx(1.1)


def test_sides_alternate_and_the_first_round_is_not_counted():
    order: list[str] = []
    clock = count()

    def measure(name: str) -> Reading:
        order.append(name)
        return Reading(next(clock))

    pairs = take_turns(lambda: measure("A"), lambda: measure("B"), 3)
    assert "".join(order) == "BAABBAAB"
    assert [(old.seconds, new.seconds) for old, new in pairs] == [(2, 3), (5, 4), (6, 7)]


def test_the_median_of_the_turns_counts_and_each_side_is_first_equally_often():
    order: list[str] = []
    values = {"A": iter([9, 9, 9, 9, 1, 2, 100, 4]), "B": iter([9, 9, 9, 9, 5, 5, 5, 6])}

    def measure(name: str) -> Reading:
        order.append(name)
        return Reading(next(values[name]))

    ((old, new),) = take_turns(lambda: measure("A"), lambda: measure("B"), 1, turns=4)
    assert (old.seconds, new.seconds) == (3, 5)
    assert "".join(order) == "BAABBAAB" + "ABBAABBA"


def test_long_lived_sides_are_replaced_and_warm_up_again(tmp_path):
    started: list[str] = []

    def start(checkout: Checkout, scratch: Path):
        started.append(checkout.side)
        readings = iter([Reading(100.0), *[Reading(1.0)] * 5])  # warms up, then five rounds
        return nullcontext(lambda: next(readings))

    folder = checkout_in(tmp_path)
    (found,) = compare_checkouts(folder, folder, [stub(start=start, life=5)], 12)
    assert started == ["old", "new"] * 3
    assert [pair[0].seconds for pair in found.rounds] == [1.0] * 12


def test_cases_are_chosen_by_name():
    assert [case.name for case in chosen([])] == list(CASES)
    assert [case.name for case in chosen(["image batch", "image batch"])] == ["image batch"]
    with pytest.raises(UsageError, match="no case 'gone'; choose from: stream frame, 1 face; "):
        chosen(["gone"])
