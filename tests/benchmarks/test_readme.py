"""The README gets its tables from the results."""

import json

import pytest
from repository import ROOT

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.readme import headline_table, speed_table, write_all
from benchmarks.reporting.environment import place
from benchmarks.speed.registry import SUITES
from benchmarks.speed.report.results import results_in
from benchmarks.speed.report.write import write_results


@pytest.mark.parametrize(
    ("page", "name"), [("README.md", "short"), ("docs/tables.md", "speed"), ("docs/tables.md", "accuracy")]
)
def test_each_table_has_a_place(page, name):
    text = (ROOT / page).read_text("utf-8")
    assert text.index(f"<!-- benchmarks: {name} -->\n") < text.index(f"<!-- benchmarks: end of {name} -->\n")


def test_the_short_table_is_that_of_the_results():
    results = ROOT / "benchmarks" / "results"
    made = headline_table(json.loads((results / "accuracy.json").read_text()), results_in(results))
    assert made.strip() in (ROOT / "README.md").read_text("utf-8")


def test_the_page_of_tables_is_filled_beside_the_readme(tmp_path):
    folder, readme, page = tmp_path / "results", tmp_path / "README.md", tmp_path / "docs" / "tables.md"
    folder.mkdir()
    page.parent.mkdir()
    readme.write_text("nothing to fill\n")
    page.write_text("<!-- benchmarks: speed -->\n<!-- benchmarks: end of speed -->\n")
    write_results(results_of("peers"), folder)
    told = write_all(folder, readme)
    assert f"{page}: table of speed filled in" in told
    assert not any("no place" in line for line in told)
    assert "(../results/peers.png)" in page.read_text()
    assert readme.read_text() == "nothing to fill\n"


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
