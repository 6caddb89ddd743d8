"""Every suite has its cases, each with a name and a work of its own."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Plan
from benchmarks.speed.registry import SUITES


@pytest.mark.parametrize("name", list(SUITES))
@pytest.mark.parametrize("quick", [False, True])
def test_every_case_has_its_own_name_and_a_work(name, quick):
    suite = SUITES[name]
    cases = suite.cases(Plan(Path("."), quick, options={"command": ["x {video}"]}))
    assert len({case.name for case in cases}) == len(cases) > 0
    assert {case.work for case in cases} <= set(suite.works)
