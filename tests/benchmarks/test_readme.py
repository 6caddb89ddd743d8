"""The README gets its tables from the results."""

import pytest
from repository import ROOT

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.readme import speed_table, write_all
from benchmarks.reporting.environment import place
from benchmarks.speed.registry import SUITES
from benchmarks.speed.report.write import write_results


def test_the_readme_has_a_place_for_the_table_of_speed():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("<!-- benchmarks: speed -->\n") < text.index("<!-- benchmarks: end of speed -->\n")


def test_the_report_fills_the_readme_from_all_suites(tmp_path):
    folder, readme = tmp_path / "results", tmp_path / "README.md"
    folder.mkdir()
    readme.write_text("<!-- benchmarks: speed -->\n<!-- benchmarks: end of speed -->\n")
    speed = {name: results_of(name) for name in SUITES}
    for results in speed.values():
        write_results(results, folder)
    assert any("table of speed filled in" in line for line in write_all(folder, readme))
    text = readme.read_text()
    assert "(results/peers.png)" in text
    assert "| stream, 640x480, at most 1 face, tracked | 2.00 ms (p95 2.00 ms) |" in text
    assert "100% of a bare `cv2.imread` loop" in text
    assert place()["machine"]["processor"] in text
    assert "MediaPipe Face Mesh: " not in speed_table({"fps": speed["fps"]}, folder, readme)
    assert "other models" not in text
    speed["memory"]["models"][0]["sha256"] = "1" * 64
    assert "(memory: with other models than the rest)" in speed_table(speed, folder, readme)
