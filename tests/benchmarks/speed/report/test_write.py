"""Results written as JSON, table and plot, and read again."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.speed.harness.suite import Plan
from benchmarks.speed.registry import SUITES
from benchmarks.speed.report.results import read_results
from benchmarks.speed.report.write import write_results


@pytest.mark.parametrize("name", list(SUITES))
def test_every_suite_has_a_table_and_a_plot_and_can_be_read_again(tmp_path, name):
    path = write_results(results_of(name), tmp_path)
    text = path.with_suffix(".md").read_text()
    assert f"({name}.png)" in text
    assert all(case.name in text for case in SUITES[name].cases(Plan(Path("."))))
    assert path.with_suffix(".png").stat().st_size > 5000
    assert read_results(path)["rows"][0]["value"] == 2.0
