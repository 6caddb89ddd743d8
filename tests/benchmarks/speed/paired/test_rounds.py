"""`compare --paired`: statistics, verdicts, children and one-line errors, on made-up timings where that is enough."""

import json
import math
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.__main__ import app
from benchmarks.speed.paired import children as paired_children
from benchmarks.speed.paired.cases import CASES, PairedCase, batch_case, command_case, stream_case
from benchmarks.speed.paired.checkout import Checkout, run_command
from benchmarks.speed.paired.children import Reading, stream_worker
from benchmarks.speed.paired.confidence import median_interval
from benchmarks.speed.paired.report import commit_of, table_of
from benchmarks.speed.paired.rounds import HERE, Outcome, chosen, compare_checkouts, judge, take_turns
from smile_edge.errors import UsageError
from train.errors import DataError

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


def outcome(ratios: Sequence[float], tolerance: float = 0.03) -> Outcome:
    return judge(stub(), [(Reading(2.0), Reading(2 * ratio)) for ratio in ratios], tolerance)


def checkout_in(folder: Path, init: str = "", main: str = "") -> Path:
    """Another checkout, as small as can be."""
    (folder / "smile_edge").mkdir()
    (folder / "smile_edge" / "__init__.py").write_text(init)
    (folder / "smile_edge" / "__main__.py").write_text(main)
    return folder


def side(folder: Path, scratch: Path) -> Checkout:
    scratch.mkdir(exist_ok=True)
    return Checkout.at("old", folder, scratch)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> tuple[Checkout, Path]:
    """This checkout, and a scratch folder with its byte code."""
    scratch = tmp_path_factory.mktemp("scratch")
    return Checkout.at("new", HERE, scratch), scratch


@pytest.fixture
def children(monkeypatch) -> list[subprocess.Popen]:
    """The processes that were started."""
    started: list[subprocess.Popen] = []

    class Watched(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(paired_children.subprocess, "Popen", Watched)
    return started


def worker_that(does: str, folder: Path, monkeypatch) -> Checkout:
    """A small checkout, and this in place of the worker once that has said hello."""
    checkout = side(checkout_in(folder), folder / "s")
    package = json.dumps({"package": str(folder / "smile_edge" / "__init__.py")})
    (folder / "worker.py").write_text(f"import sys, time\n{does}".replace("HELLO", f"print({package!r}, flush=True)"))
    monkeypatch.setattr(paired_children, "WORKER", folder / "worker.py")
    return checkout


@pytest.mark.parametrize(
    ("values", "ranks", "coverage"), [(6, (1, 6), 0.96875), (11, (2, 10), 0.98828), (15, (4, 12), 0.96484),
                                      (25, (8, 18), 0.95671), (100, (40, 61), 0.96480)]
)  # fmt: skip
def test_the_interval_of_a_median_lies_between_the_ranks_of_the_tables(values, ranks, coverage):
    found = median_interval(list(range(values, 0, -1)))
    assert (found.low, found.high) == ranks
    assert found.coverage == pytest.approx(coverage, abs=1e-5)
    assert found.median == (values + 1) / 2


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [median_interval(list(rng.lognormal(size=15))) for _ in range(2000)]
    share = np.mean([one.low <= 1 <= one.high for one in found])
    assert share == pytest.approx(found[0].coverage, abs=0.015)


def test_too_few_values_have_no_interval():
    with pytest.raises(ValueError, match="5 values are too few"):
        median_interval([1.0] * 5)


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


def test_what_else_differs_is_said():
    pairs = [(Reading(1.0, {"faces": 4.0, "images": 9}), Reading(1.0, {"faces": 3.0, "images": 9}))] * 11
    assert judge(stub(), pairs, 0.03).notes == ["stub: faces differs: old 4.0, new 3.0"]
    assert "stub: faces differs" in table_of([judge(stub(), pairs, 0.03)])


def test_cases_are_chosen_by_name():
    assert [case.name for case in chosen([])] == list(CASES)
    assert [case.name for case in chosen(["image batch", "image batch"])] == ["image batch"]
    with pytest.raises(UsageError, match="no case 'gone'; choose from: stream frame, 1 face; "):
        chosen(["gone"])


def test_this_checkout_is_timed_frame_by_frame(here):
    checkout, scratch = here
    case = stream_case(1, frames=4)
    case.prepare(scratch)
    with case.start(checkout, scratch) as measure:
        first, second = measure(), measure()
    assert first.details == second.details
    assert first.details["faces"] == 1
    assert first.details["landmarks"].startswith("cpu ")
    assert 0 < second.seconds < 1


def test_a_folder_of_images_is_timed_with_what_was_found(here):
    checkout, scratch = here
    case = batch_case("image batch", "--fast", images=3)
    case.prepare(scratch)
    with case.start(checkout, scratch) as measure:
        reading = measure()
    assert reading.details == {"images": 3, "faces": 4}
    assert 0 < reading.seconds < 10


def test_a_start_of_the_command_is_timed_in_its_own_checkout(tmp_path):
    spin = "import time\nwhile time.process_time() < 0.2: pass\n"
    case = command_case("start", "--help")
    with case.start(side(checkout_in(tmp_path, main=spin), tmp_path / "s"), tmp_path / "s") as measure:
        assert 0.2 <= measure().seconds < 1


def test_byte_code_is_kept_outside_the_checkouts(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = checkout_in(tmp_path)
    run_command(side(folder, tmp_path / "s"), ["-m", "smile_edge"])
    assert not list(folder.glob("smile_edge/__pycache__"))
    assert list((tmp_path / "s").rglob("__init__*.pyc"))


def test_a_package_from_somewhere_else_is_refused(tmp_path):
    folder = checkout_in(tmp_path, init="__file__ = '/elsewhere/smile_edge/__init__.py'")
    with pytest.raises(DataError, match=r"old side runs another package .*: /elsewhere/smile_edge/__init__\.py"):
        side(folder, tmp_path / "s")


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("sys.exit('no model')", "the old side ended with 1: no model"),
        ("print('hello', flush=True); input()", "the old side answers no JSON: hello"),
        ('print(\'{"package": "/gone"}\', flush=True); input()', "runs another package"),
        ("time.sleep(60)", "ended with -9: no message"),
    ],
)
def test_a_worker_that_fails_is_one_line_and_ends(tmp_path, monkeypatch, children, does, said):
    checkout = worker_that(does, tmp_path, monkeypatch)
    monkeypatch.setattr(paired_children, "LONGEST_S", 0.5)
    with pytest.raises(DataError, match=said), stream_worker(checkout, Path("images.npy"), 1):
        pass
    assert children[-1].returncode is not None


def test_a_worker_that_dies_between_two_readings_is_one_line(tmp_path, monkeypatch):
    checkout = worker_that("HELLO; input(); sys.exit('too hot')", tmp_path, monkeypatch)
    with stream_worker(checkout, Path("images.npy"), 1) as measure:
        for _ in range(2):
            with pytest.raises(DataError, match="the old side ended with 1: too hot"):
                measure()


def test_an_interrupt_ends_the_worker(tmp_path, monkeypatch, children):
    checkout = worker_that("HELLO; time.sleep(60)", tmp_path, monkeypatch)

    def interrupted() -> None:
        with stream_worker(checkout, Path("images.npy"), 1):
            assert children[-1].poll() is None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert children[-1].returncode is not None


def test_the_commit_is_that_of_the_folder_itself(tmp_path):
    assert commit_of(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    checkout_in(tmp_path)
    try:
        subprocess.run([*git, "init", "-q"], check=True)
    except FileNotFoundError:
        pytest.skip("needs git")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    clean = commit_of(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    assert commit_of(tmp_path / "smile_edge") is None
    (tmp_path / "smile_edge" / "__init__.py").write_text("changed = True\n")
    assert commit_of(tmp_path) == f"{clean}-dirty"


def run(*words: str | Path):
    return CliRunner().invoke(app, ["compare", *map(str, words)])


@pytest.mark.parametrize(("new", "options", "code"), [(1.0, [], 0), (1.1, [], 1), (1.1, ["--tolerance", "0.2"], 0)])
def test_the_command_prints_a_table_and_its_exit_code_tells_a_loss(tmp_path, monkeypatch, new, options, code):
    monkeypatch.setitem(CASES, STUB, stub(new=[new]))
    words = ["--paired", checkout_in(tmp_path), "--case", STUB, "--rounds", "11", "--out", tmp_path / "o.json"]
    done = run(*words, *options)
    assert done.exit_code == code, done.output
    assert f"| {STUB} | a run | 1000.0 ms | {1000 * new:.1f} ms | {new:.3f} | {new:.3f} to {new:.3f} |" in done.stdout
    assert ("worse by more than 3%: stub" in done.stderr) == (code == 1)
    results = json.loads((tmp_path / "o.json").read_text())
    assert results["command"].startswith("python -m benchmarks compare --paired PAIRED --case stub --rounds 11")
    assert results["old_commit"] is None
    assert {"machine", "versions", "new_commit", "confidence"} <= set(results)
    (case,) = results["cases"]
    assert math.isclose(case["ratio"], new)
    assert len(case["rounds_ms"]) == 11


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--paired", "gone"], "gone, which is not a folder"),
        (["--paired", "tests"], "tests, which is no checkout: it has no smile_edge/__init__.py"),
        (["--paired", ".", "--rounds", "10"], "'--rounds'"),
        (["--paired", ".", "--case", "gone"], "there is no case 'gone'"),
        (["--paired", ".", "--out", "gone/out.json"], "--out must name a file in a folder that is there"),
        (["a", "b", "--paired", "."], "name two results or --paired OLD_CHECKOUT, not both"),
        ([], "name two results to compare, OLD and NEW, or another checkout"),
        (["a"], "name two results to compare"),
        (["a", "b", "--rounds", "11"], "--rounds goes with --paired"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, said, monkeypatch, capsys):
    from benchmarks.__main__ import main

    monkeypatch.chdir(HERE)
    monkeypatch.setattr("sys.argv", ["benchmarks", "compare", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    text = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in text
    assert text.startswith("benchmarks: error: ")
    assert text.count("\n") == 1
