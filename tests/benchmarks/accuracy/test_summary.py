"""The tables that the README shows."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from accuracy_results import results

from benchmarks.accuracy.report import read_results, write_report
from benchmarks.accuracy.summary import summary


def test_the_readme_s_tables_hold_the_worst_turn_the_peers_in_order_and_the_detection(tmp_path):
    write_report(results(), tmp_path)
    lines = summary(read_results(tmp_path)).splitlines()
    names = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert names[:3] == ["portraits, 9 faces", "---", "**smile-edge**, upright"]
    (worst,) = [line for line in lines if "worst of 4 turns" in line]
    assert [float(cell) for cell in worst.split("|")[2:5]] == [0.0, 2.75, 100.0]
    blaze = names.index("BlazeFace, upright, its 3 points")
    assert blaze < names.index("blind, upright") < names.index("streets: **smile-edge**")
    columns = [line.split("|")[4].strip() for line in lines if line.startswith(("| scenes", "| streets: **"))]
    assert columns == ["scores down to", "0.02"]
    (errors,) = [line for line in lines if line.startswith("- Errors on portraits: ")]
    assert "62.0 % within 1 sigma (label conventions taken off: 64.0; Laplace: 63.2)" in errors


def test_results_from_before_the_corrected_shares_are_still_reported(tmp_path):
    old = results()
    for key in ("within_1_corrected", "within_2_corrected", "shares_corrected"):
        del old["faces"]["portraits"]["sigma"][key]
    write_report(old, tmp_path)
    assert "less the median offset" not in (tmp_path / "accuracy.md").read_text()
    assert "62.0 % within 1 sigma (Laplace: 63.2)" in summary(old)
