"""Each case in a process of its own: what it answers, and how it fails."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.process import run_here, run_suite
from benchmarks.speed.harness.suite import Case, Plan, Suite
from benchmarks.speed.registry import SUITES
from smile_edge.errors import UsageError
from train.errors import DataError


def order(work: str, **settings) -> dict:
    return {"work": work, "settings": settings, "paths": {}, "models": None, "provider": "cpu"} | {
        "seconds": 0.01, "scratch": ".", "cores": None
    }  # fmt: skip


TINY_NETWORK = {"model": "detector", "width": 64, "height": 64, "precision": "float32"}


def test_each_case_runs_in_a_process_of_its_own_with_the_provider_in_the_result(tmp_path):
    cases = [
        Case("detector", "network", TINY_NETWORK),
        Case("gone", "network", absent="nobody has it"),
    ]
    suite = SUITES["latency"]
    results = run_suite(Suite("latency", "", lambda plan: cases, suite.works), Plan(tmp_path, quick=True))
    measured, absent = results["rows"]
    assert measured["calls"] >= 20
    assert absent == {"name": "gone", "missing": "nobody has it"}
    assert [[model[k] for k in ("name", "obtained", "precision")] for model in results["models"]] == [
        ["detector", "cpu", "float32"]
    ]
    assert {"machine", "versions"} <= set(results)


def test_a_case_that_fails_is_one_line_with_its_own_reason(tmp_path):
    suite = SUITES["latency"]
    plan = Plan(tmp_path, quick=True, models=tmp_path)
    case = Case("detector", "network", TINY_NETWORK)
    with pytest.raises(DataError, match=r"^the case 'detector' failed: .*detector\.json"):
        run_suite(Suite("latency", "", lambda plan: [case], suite.works), plan)


@pytest.mark.parametrize("broken", [order("nothing"), {}, {"work": "network"}])
def test_an_unknown_case_or_half_an_order_is_refused(broken):
    with pytest.raises(UsageError):
        run_here(SUITES["latency"], broken)
